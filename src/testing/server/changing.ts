/** Workers are added, removed and renewed while the server goes on. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { HalfCloseable } from '../../core/contract.ts';
import { rejectsWith } from '../transport/subject.ts';
import { bytes, endOf, readLine, Stage, stageTest, TIMEOUT } from './stage.ts';
import { type ServerSubject, WORKERS } from './subject.ts';

const OPTIONS = { timeout: TIMEOUT };

export function changingTests(subject: ServerSubject): void {
  const { reloads, resizes } = subject.traits;
  describe('changing', () => {
    if (reloads) reloadTest(subject);
    if (resizes) resizeTest(subject);
    if (reloads && resizes) return;
    stageTest('what it cannot change is unsupported', subject, {}, async ({ server }) => {
      if (!reloads) await rejectsWith(server.reload(), 'unsupported');
      if (!resizes) await rejectsWith(server.resize(WORKERS), 'unsupported');
    });
  });
}

function resizeTest(subject: ServerSubject): void {
  stageTest(
    'workers are added and removed, and who is served is not disturbed',
    subject,
    {},
    async (stage) => {
      const { server } = stage;
      const client = await stage.begin('work');
      await server.resize(WORKERS + 1);
      await stage.until('there is one more', ({ workers }) => workers.length === WORKERS + 1);
      await server.resize(1);
      // The one that serves may be one of those that go.
      await client.write(bytes('x'));
      const answer = await readLine(client);
      assert.ok(['more', 'last'].includes(answer), answer);
      await client.close();
      await stage.until('one is left', ({ workers }) => workers.length === 1);
      await (await stage.begin('echo')).close();
      for (const count of [0, 10_000, 1.5]) await rejectsWith(server.resize(count), 'limit');
      const { finished, restarts } = await stage.settled();
      assert.deepEqual({ finished, restarts }, { finished: 2, restarts: 0 });
    },
  );
}

function reloadTest(subject: ServerSubject): void {
  test('the handler is loaded anew, and no connection is refused meanwhile', OPTIONS, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'modnet-reload-'));
    const path = join(folder, 'handler.mjs');
    const write = (version: string): void => writeFileSync(path, source(version));
    write('one');
    const stage = await Stage.open(subject, pathToFileURL(path));
    try {
      const old = await stage.connect();
      assert.equal(await readLine(old), 'one');
      write('two');
      await whileConnecting(stage, () => stage.server.reload());
      const young = await stage.connect();
      assert.equal(await readLine(young), 'two');
      writeFileSync(path, 'this is no JavaScript');
      const { message } = await rejectsWith(stage.server.reload(), 'unsupported');
      assert.ok(message.includes(path), message);
      await young.end();
      assert.equal(await readLine(await stage.connect()), 'two');
      await old.end();
      assert.equal(await endOf(old), 'end');
    } finally {
      await stage.close();
      rmSync(folder, { recursive: true });
    }
  });
}

/** Says which version it is, and waits for the end. */
function source(version: string): string {
  return `export default async (connection) => {
    await connection.write(new TextEncoder().encode('${version}\\n'));
    for await (const _ of connection);
  };`;
}

/** One client after the other, each of which must be served. */
async function whileConnecting(stage: Stage, change: () => Promise<void>): Promise<void> {
  let isOver = false;
  const changing = change().finally(() => {
    isOver = true;
  });
  do {
    const client: HalfCloseable = await stage.connect();
    assert.ok(['one', 'two'].includes(await readLine(client)));
    await client.close();
  } while (!isOver);
  await changing;
}
