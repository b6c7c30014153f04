import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../core/index.ts';
import { kernelAvailable } from '../../kernel/index.ts';
import type { Site } from '../crew.ts';
import { settingsOf } from '../options.ts';
import { Scoreboard } from '../workers/scoreboard.ts';
import { LoopThread } from './loop-thread.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

/** So many at once that the start of each takes longer than a thread is given to detach. */
const THREADS = 12;

test('threads that are killed while they load are ended once they have', {
  skip,
  timeout: 60_000,
}, async () => {
  const settings = settingsOf({ architecture: 'hybrid', workers: 1 });
  const site = {
    settings,
    address: parseAddress('tcp://127.0.0.1:1'),
    handler: new URL('../trials/test-handlers/echo.ts', import.meta.url),
    buffer: new SharedArrayBuffer(Scoreboard.bytes(settings)),
    publish() {},
  } as unknown as Site;
  const task = { kind: 'accept', concurrency: 1, together: true } as const;
  // They are told of a listening socket that they never come to.
  const threads = Array.from({ length: THREADS }, () => new LoopThread(site, 1, task, -1));
  for (const thread of threads) thread.kill();
  for (const thread of threads) assert.equal(await thread.exited, 'terminated');
});
