/** Handlers that do not load, and options that do not travel, are found out before a server is there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { kernelAvailable } from '../../kernel/index.ts';
import { openDescriptors, rejectsWith } from '../../testing/transport/subject.ts';
import { type ServeOptions, serve } from '../index.ts';
import { childrenOf, testHandler, until } from './test-trial.ts';

const LIMIT = { timeout: 60_000, skip: !kernelAvailable() && 'needs Linux' };

const folder = mkdtempSync(join(tmpdir(), 'modnet-start-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const broken = join(folder, 'broken.mjs');
writeFileSync(broken, 'export default async (c) => {{{');

const CREWS: Readonly<Record<string, ServeOptions>> = {
  process: { architecture: 'process' },
  prefork: { architecture: 'prefork', workers: 2 },
  'hybrid in threads': { architecture: 'hybrid', workers: 2 },
  'hybrid in processes': { architecture: 'hybrid', workers: 2, isolation: 'processes' },
  'hybrid, a socket each': { architecture: 'hybrid', workers: 2, listener: 'reuseport' },
};

const HANDLERS: readonly (readonly [string, URL, string, RegExp])[] = [
  ['is missing', testHandler('no-such'), 'unsupported', /no-such\.ts cannot be loaded: .*Cannot find module/],
  ['does not parse', pathToFileURL(broken), 'unsupported', /broken\.mjs cannot be loaded: SyntaxError/],
  [
    'exports no handler',
    testHandler('no-handler'),
    'unsupported',
    /must export a function.*exports handler$/,
  ],
  ['never loads', testHandler('never-loads'), 'timeout', /was not loaded after 300 ms$/],
];

for (const [name, options] of Object.entries(CREWS)) {
  describe(name, () => {
    for (const [what, handler, code, words] of HANDLERS)
      test(`a handler that ${what} is an error of serve`, LIMIT, async () => {
        const children = childrenOf(process.pid);
        const startTimeout = what === 'never loads' ? 300 : undefined;
        const error = await rejectsWith(
          serve('tcp://127.0.0.1:0', handler, { ...options, signals: false, startTimeout }),
          code as 'unsupported',
        );
        assert.match(error.message, words);
        assert.deepEqual(childrenOf(process.pid), children);
      });

    test('what does not travel is refused before anything starts', LIMIT, async () => {
      const descriptors = openDescriptors();
      const refuse = async (more: ServeOptions, words: RegExp): Promise<void> => {
        const serving = serve('tcp://127.0.0.1:0', testHandler('echo'), { ...options, ...more });
        assert.match((await rejectsWith(serving, 'unsupported')).message, words);
      };
      await refuse(
        { shared: { callback() {} } },
        /"shared" cannot be handed to the workers of \w+: .*cloned/,
      );
      if (name !== 'hybrid in threads' && name !== 'hybrid, a socket each')
        for (const shared of sharings())
          await refuse({ shared }, /"shared" cannot .*: a SharedArrayBuffer is not shared between processes/);
      await until('nothing is left', () => openDescriptors() === descriptors);
    });
  });
}

function sharings(): unknown[] {
  const memory = new SharedArrayBuffer(8);
  return [memory, { deep: [new Int32Array(memory)] }, new Map([['x', new DataView(memory)]])];
}

test('a function is refused where handlers run elsewhere', LIMIT, async () => {
  const error = await rejectsWith(
    serve('tcp://127.0.0.1:0', async () => {}, { architecture: 'prefork' }),
    'unsupported',
  );
  assert.match(error.message, /put it into a module/);
});

test('only tcp can be listened on by each worker', LIMIT, async () => {
  const options = { architecture: 'hybrid', listener: 'reuseport' } as const;
  await rejectsWith(serve(`unix://${folder}/x.sock`, testHandler('echo'), options), 'unsupported');
});
