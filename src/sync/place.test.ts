import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NetError, type NetErrorCode } from '../core/error.ts';
import {
  BARRIER_BYTES,
  Barrier,
  CONDITION_BYTES,
  Condition,
  MAX_CAPACITY,
  MAX_PARTIES,
  MAX_PERMITS,
  MAX_RECORD_BYTES,
  MUTEX_BYTES,
  Mutex,
  ONCE_BYTES,
  Once,
  type Placement,
  READ_WRITE_LOCK_BYTES,
  ReadWriteLock,
  SEMAPHORE_BYTES,
  Semaphore,
  SharedQueue,
  sharedQueueBytes,
} from './index.ts';

const QUEUE = { capacity: 3, recordBytes: 6 };

const ALL: readonly [string, number, (at: Placement) => object][] = [
  ['mutex', MUTEX_BYTES, (at) => new Mutex(at)],
  ['semaphore', SEMAPHORE_BYTES, (at) => new Semaphore(at)],
  ['condition', CONDITION_BYTES, (at) => new Condition(at)],
  ['read-write-lock', READ_WRITE_LOCK_BYTES, (at) => new ReadWriteLock(at)],
  ['barrier', BARRIER_BYTES, (at) => new Barrier({ ...at, parties: 2 })],
  ['once', ONCE_BYTES, (at) => new Once(at)],
  ['queue', sharedQueueBytes(QUEUE), (at) => new SharedQueue({ ...at, ...QUEUE })],
];

function throws(code: NetErrorCode, message: RegExp, action: () => unknown): void {
  assert.throws(
    action,
    (error) => error instanceof NetError && error.code === code && message.test(error.message),
  );
}

for (const [kind, bytes, make] of ALL) {
  test(`${kind}: memory that it cannot live in is refused, and says why`, () => {
    const buffer = new SharedArrayBuffer(bytes + 64);
    throws('unsupported', /is not shared/, () =>
      make({ buffer: new ArrayBuffer(4096) as unknown as SharedArrayBuffer }),
    );
    for (const offset of [2, -4, 0.5, Number.NaN])
      throws('unsupported', /multiples of 4/, () => make({ buffer, offset }));
    throws('limit', new RegExp(`it takes ${bytes} bytes`), () => make({ buffer, offset: 68 }));
    make({ buffer, offset: 64 });
    throws('busy', /memory is in use/, () => make({ buffer, offset: 64 }));
    throws('busy', /memory is in use/, () => make({ buffer, offset: 4 }));
  });
}

test('all of them live in one buffer, and handles find them there', () => {
  const offsets = ALL.map((_, index) => ALL.slice(0, index).reduce((sum, [, bytes]) => sum + bytes, 0));
  const buffer = new SharedArrayBuffer(ALL.reduce((sum, [, bytes]) => sum + bytes, 0));
  const made = ALL.map(
    ([, , make], index) => make({ buffer, offset: offsets[index] }) as { handle: unknown },
  );
  assert.deepEqual(
    made.map(({ handle }) => handle),
    ALL.map(([kind], index) => ({ kind, buffer, offset: offsets[index] })),
  );
  for (const primitive of made) {
    const type = primitive.constructor as unknown as { from(handle: unknown): { handle: unknown } };
    assert.deepEqual(type.from(structuredClone(primitive.handle)).handle, primitive.handle);
  }
});

test('a handle of something else, or of nothing, is refused', () => {
  const { handle } = new Semaphore();
  throws('unsupported', /of a semaphore, not of a mutex/, () => Mutex.from(handle as never));
  throws('unsupported', /No mutex is at offset 0/, () => Mutex.from({ ...handle, kind: 'mutex' }));
  const buffer = new SharedArrayBuffer(64);
  throws('unsupported', /No queue is at offset 0/, () =>
    SharedQueue.from({ kind: 'queue', buffer: new SharedArrayBuffer(4096), offset: 0 }),
  );
  throws('unsupported', /No mutex is at offset 0/, () => Mutex.from({ kind: 'mutex', buffer, offset: 0 }));
});

test('counts out of range are refused', () => {
  for (const max of [0, -1, 1.5, Number.NaN, MAX_PERMITS + 1])
    throws('limit', /maximum/, () => new Semaphore({ max }));
  for (const initial of [-1, 3, 0.5]) throws('limit', /initial/, () => new Semaphore({ initial, max: 2 }));
  for (const parties of [0, -1, 1.5, MAX_PARTIES + 1])
    throws('limit', /parties/, () => new Barrier({ parties }));
  for (const capacity of [0, -1, 1.5, MAX_CAPACITY + 1])
    throws('limit', /capacity/, () => new SharedQueue({ capacity, recordBytes: 1 }));
  for (const recordBytes of [0, -1, 1.5, MAX_RECORD_BYTES + 1])
    throws('limit', /size of a record/, () => new SharedQueue({ capacity: 1, recordBytes }));
  throws(
    'limit',
    /size of a queue/,
    () => new SharedQueue({ capacity: MAX_CAPACITY, recordBytes: MAX_RECORD_BYTES }),
  );
});

test('timeouts out of range are refused', async () => {
  const mutex = new Mutex();
  for (const timeout of [-1, Number.NaN, 2 ** 31]) {
    throws('limit', /timeout/, () => mutex.lock(timeout));
    await assert.rejects(mutex.lockAsync({ timeout }), { code: 'limit' });
  }
  assert.equal(mutex.isLocked, false);
});
