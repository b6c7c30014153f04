/** What cannot be served is said before anybody can connect, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { toAddress } from '../../core/address.ts';
import { moduleBeside } from '../../core/module-beside.ts';
import type { Handler, ServeOptions } from '../../server/index.ts';
import { openDescriptors, rejectsWith } from '../transport/subject.ts';
import { SCRIPTED, TIMEOUT, until } from './stage.ts';
import type { ServerSubject } from './subject.ts';

const OPTIONS = { timeout: TIMEOUT };

const BROKEN: Readonly<Record<string, URL>> = {
  'is missing': moduleBeside(import.meta.url, 'handlers/nobody-wrote-this'),
  'does not parse': new URL('data:text/javascript,this is no JavaScript'),
  'has no default export': new URL('data:text/javascript,export const handler = async () => {};'),
  'throws while it loads': new URL('data:text/javascript,throw new Error("not today")'),
};

export function startingTests(subject: ServerSubject): void {
  describe('starting', () => {
    for (const [what, handler] of Object.entries(BROKEN))
      test(`a handler that ${what} is named, and nothing keeps running`, OPTIONS, () =>
        failsCleanly(subject, handler),
      );
    handlerTest(subject);
    optionTests(subject);
  });
}

/** On an address that is known beforehand, so that it can be seen whether it is free again. */
async function failsCleanly(subject: ServerSubject, handler: URL): Promise<void> {
  const probe = await subject.serve(subject.address(), SCRIPTED);
  // Also opens what this process opens once, when it first connects.
  await (await subject.connect(probe.address)).close().catch(() => {});
  await probe.close();
  const [descriptors, children] = [openDescriptors(), childrenOf()];
  const error = await rejectsWith(subject.serve(probe.address, handler), 'unsupported');
  const name = handler.protocol === 'file:' ? handler.pathname : handler.href.slice(0, 40);
  assert.ok(error.message.includes(name), error.message);
  await rejectsWith(subject.connect(probe.address), 'refused');
  await until(
    () => childrenOf() === children && (openDescriptors() ?? 0) <= (descriptors ?? 0),
    () =>
      `all is as before: ${childrenOf()} children, ${openDescriptors()} descriptors; there were ${children} and ${descriptors}`,
  );
  const next = await subject.serve(probe.address, SCRIPTED);
  await next.close();
}

/** Processes that this one has started and that still run. */
function childrenOf(): number {
  const tasks = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8');
  return tasks.split(' ').filter((pid) => pid !== '').length;
}

function handlerTest(subject: ServerSubject): void {
  const { architecture, workers } = subject.traits;
  const anywhere = workers !== 'none';
  const name = anywhere
    ? 'a function is no handler for other threads and processes'
    : 'a function is a handler';
  test(name, OPTIONS, async () => {
    const handler: Handler = async () => {};
    const serving = subject.serve(subject.address(), handler);
    if (!anywhere) {
      await (await serving).close();
      return;
    }
    const { message } = await rejectsWith(serving, 'unsupported');
    assert.ok(message.includes(architecture) && message.includes('import.meta.url'), message);
  });

  test('what is neither a function nor a URL is no handler', OPTIONS, async () => {
    await rejectsWith(subject.serve(subject.address(), './handler.ts' as unknown as URL), 'unsupported');
  });
}

function optionTests(subject: ServerSubject): void {
  const { workers } = subject.traits;
  const refuses = async (options: ServeOptions, ...names: string[]): Promise<void> => {
    const error = await rejectsWith(
      subject.serve(subject.address(), SCRIPTED, options),
      'limit',
      'unsupported',
    );
    for (const name of names) assert.ok(error.message.includes(name), error.message);
  };

  test('a wrong option is named', OPTIONS, async () => {
    await refuses({ maxConnections: 0 }, 'maxConnections', '0');
    await refuses({ maxPerAddress: -1 }, 'maxPerAddress', '-1');
    await refuses({ idle: 1.5 }, 'idle', '1.5');
    await refuses({ drainTimeout: Number.POSITIVE_INFINITY }, 'drainTimeout', 'Infinity');
    await refuses({ architecture: 'swarm' as 'pool' }, 'swarm', 'reactor');
  });

  const skip = workers === 'none' && 'it has no workers';
  test('a wrong number of workers is named', { ...OPTIONS, skip }, async () => {
    for (const count of [0, 10_000, 1.5, Number.NaN])
      await refuses({ workers: count }, 'workers', String(count));
  });

  const name = workers === 'none' ? 'any transport will do' : 'a transport without sockets is named';
  test(name, OPTIONS, async () => {
    const serving = subject.serve('memory:conformance', SCRIPTED);
    if (workers === 'none') {
      await using server = await serving;
      assert.equal(String(server.address), String(toAddress('memory:conformance')));
      return;
    }
    const { message } = await rejectsWith(serving, 'unsupported');
    assert.match(message, /memory:conformance/);
  });

  const shares = !subject.ownsAddress && 'with SO_REUSEPORT others of the same user may listen there as well';
  test('an address that is taken is named', { ...OPTIONS, skip: shares }, async () => {
    await using server = await subject.serve(subject.address(), SCRIPTED);
    const { message, errno } = await rejectsWith(subject.serve(server.address, SCRIPTED), 'refused');
    assert.equal(errno, 'EADDRINUSE');
    assert.ok(message.includes(String(server.address)), message);
  });
}
