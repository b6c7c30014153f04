import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import type { NetErrorCode } from '../core/index.ts';
import {
  checkedTimeout,
  DRAIN,
  IDLE,
  MAX_CONNECTIONS,
  MAX_WORKERS,
  PROCESS_CAP,
  QUEUE,
  type ServeOptions,
  settingsOf,
  THREAD_CAP,
} from './options.ts';

test('every option has a default', () => {
  const { transport, shared, ...settings } = settingsOf({});
  assert.equal(shared, undefined);
  assert.deepEqual(transport.socket, {});
  assert.deepEqual(settings, {
    architecture: 'reactor',
    workers: 1,
    isolation: 'threads',
    listener: 'shared',
    maxConnections: MAX_CONNECTIONS,
    maxPerAddress: 0,
    queue: QUEUE,
    idle: IDLE,
    startTimeout: settings.startTimeout,
    drainTimeout: DRAIN,
    signals: true,
  });
});

test('how many workers there are depends on the architecture', () => {
  const workers = (options: ServeOptions): number => settingsOf(options).workers;
  assert.equal(workers({ architecture: 'process' }), PROCESS_CAP);
  assert.equal(workers({ architecture: 'thread' }), THREAD_CAP);
  for (const architecture of ['prefork', 'pool', 'hybrid'] as const) {
    assert.equal(workers({ architecture }), availableParallelism());
    assert.equal(workers({ architecture, workers: MAX_WORKERS }), MAX_WORKERS);
    refuses({ architecture, workers: MAX_WORKERS + 1 }, 'limit', /"workers" is a whole number from 1 to 256/);
  }
  assert.equal(workers({ architecture: 'serial', workers: 1 }), 1);
  refuses({ architecture: 'serial', workers: 2 }, 'unsupported', /serial is one loop without workers/);
});

test('the backlog goes to the socket, beside its other options', () => {
  const { transport } = settingsOf({ backlog: 7, socket: { noDelay: false } });
  assert.deepEqual(transport.socket, { noDelay: false, backlog: 7 });
});

test('what is wrong is named', () => {
  refuses({ architecture: 'swarm' as 'pool' }, 'unsupported', /"swarm"; there are serial, process/);
  refuses({ isolation: 'rooms' as 'threads' }, 'unsupported', /"isolation" is threads or processes/);
  refuses({ listener: 'none' as 'shared' }, 'unsupported', /"listener" is shared or reuseport/);
  for (const name of ['maxConnections', 'queue'] as const) refuses({ [name]: 0 }, 'limit', new RegExp(name));
  for (const name of ['maxPerAddress', 'idle', 'drainTimeout', 'startTimeout'] as const)
    for (const value of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, '1'])
      refuses({ [name]: value as number }, 'limit', new RegExp(`"${name}".*${value}`));
});

test('a time is at most a day: no sum of two overflows a timer', () => {
  assert.equal(checkedTimeout('idle', 86_400_000), 86_400_000);
  assert.throws(() => checkedTimeout('idle', 86_400_001), { code: 'limit' });
});

function refuses(options: ServeOptions, code: NetErrorCode, message: RegExp): void {
  assert.throws(() => settingsOf(options), { name: 'NetError', code, message });
}
