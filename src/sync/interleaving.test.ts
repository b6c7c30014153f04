/** Every interleaving of the real code, by the explorer of `test-model.ts`; and broken code, to see that it is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Barrier } from './barrier.ts';
import { Condition } from './condition.ts';
import { Mutex } from './mutex.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { Semaphore } from './semaphore.ts';
import { SharedQueue } from './shared-queue.ts';
import { buildInside, type Exploration, explore, fail, forgetAfter, type Model, turn } from './test-model.ts';

// Whoever has the lock keeps nothing of how it was got.
forgetAfter(Mutex, 'lock');

/** Memory for primitives, 64 bytes each, behind a line for what the threads note. */
function memory(bytes: number): { buffer: SharedArrayBuffer; notes: Int32Array; offset: number } {
  const buffer = new SharedArrayBuffer(64 + bytes);
  return { buffer, notes: new Int32Array(buffer, 0, 16), offset: 64 };
}

const INSIDE = 0;
const COUNT = 1;
const SUM = 2;

/** What nobody else may be in: others have their turn in the middle of it. */
function critical(notes: Int32Array): void {
  if (notes[INSIDE] !== 0) fail('Two are inside');
  notes[INSIDE] = 1;
  const count = Atomics.load(notes, COUNT);
  notes[INSIDE] = 0;
  notes[COUNT] = count + 1;
}

function passes(name: string, model: () => Model): void {
  test(name, { timeout: 60_000 }, (t) => {
    const result = explore(model);
    t.diagnostic(`${result.states} states, ${result.ends} ends`);
    assert.equal(result.failure, null);
    assert.ok(result.ends > 0);
  });
}

function isFound(name: string, model: () => Model, failure: RegExp): void {
  test(name, { timeout: 60_000 }, () => assert.match(explore(model).failure ?? 'nothing', failure));
}

function mutexModel(threads: number, rounds: number, make = Mutex): Model {
  const { buffer, notes, offset } = memory(64);
  const mutex = new make({ buffer, offset });
  const round = (): void => {
    mutex.lock();
    critical(notes);
    mutex.unlock();
  };
  const check = (): void => {
    assert.equal(notes[COUNT], threads * rounds);
    assert.equal(mutex.isLocked, false);
  };
  return { buffer, threads: Array(threads).fill(Array(rounds).fill(round)), check };
}

passes('mutex: 2 threads, 3 times each', () => mutexModel(2, 3));
passes('mutex: 3 threads, twice each', () => mutexModel(3, 2));
passes('mutex: 4 threads', () => mutexModel(4, 1));

isFound(
  'a mutex that wakes nobody is found',
  () => ({ ...mutexModel(2, 1), broken: { notify: () => 0 } }),
  /^Threads [01] wait for ever: [01 (ok)]+$/,
);

isFound(
  'a mutex that looks first and takes afterwards is found',
  () =>
    mutexModel(
      2,
      1,
      class extends Mutex {
        override tryLock(): boolean {
          if (this.isLocked) return false;
          Atomics.store(new Int32Array(this.handle.buffer, this.handle.offset), 1, 1);
          return true;
        }
      },
    ),
  /^Two are inside/,
);

passes('mutex: a wait that may time out at any time loses nothing', () => {
  const { buffer, notes, offset } = memory(64);
  const mutex = new Mutex({ buffer, offset });
  const round = (): void => {
    mutex.lock();
    critical(notes);
    mutex.unlock();
  };
  const hasty = (): void => {
    try {
      mutex.lock(1e9);
    } catch {
      return;
    }
    critical(notes);
    mutex.unlock();
  };
  return {
    buffer,
    threads: [[round, round], [round], [hasty]],
    check: () => assert.equal(mutex.isLocked, false),
  };
});

/** Tasks of event loops, of which some are aborted at any time, beside a thread that blocks. */
function asyncModel(tasks: number, aborted: number, blocking: number): Model {
  const { buffer, notes, offset } = memory(64);
  const mutex = new Mutex({ buffer, offset });
  const round = (): void => {
    mutex.lock();
    critical(notes);
    mutex.unlock();
  };
  const task = (isAborted: boolean) => (): void => {
    const own = buildInside(() => Mutex.from(mutex.handle));
    let isDone = false;
    const listeners: (() => void)[] = [];
    const signal = {
      reason: 'aborted',
      throwIfAborted() {},
      addEventListener: (_: string, listener: () => void) => listeners.push(listener),
      removeEventListener() {},
    } as unknown as AbortSignal;
    const action = (): void => {
      critical(notes);
      isDone = true;
    };
    own.runAsync(action, { background: true, signal }).catch(() => {});
    const abort = (): void => {
      isDone = true;
      for (const listener of listeners) listener();
    };
    while (!isDone) turn(isAborted ? abort : undefined);
  };
  const threads = [
    ...Array(tasks).fill([task(false)]),
    ...Array(aborted).fill([task(true)]),
    ...Array(blocking).fill([round]),
  ];
  const check = (): void => {
    const count = notes[COUNT]!;
    assert.ok(count >= tasks + blocking && count <= tasks + aborted + blocking, `${count} were inside`);
    assert.equal(mutex.isLocked, false);
    assert.equal(new Int32Array(buffer, offset)[4], 0, 'somebody is still announced');
  };
  return { buffer, threads, check };
}

passes('mutex: a promise and 2 threads that block', () => asyncModel(1, 0, 2));
passes('mutex: a promise, one that is aborted, and a thread that blocks', () => asyncModel(1, 1, 1));
passes('mutex: 2 promises, of which one is aborted', () => asyncModel(1, 1, 0));
isFound(
  'a bell that does not ring is found',
  () => ({ ...asyncModel(1, 0, 1), broken: { notify: () => 0 } }),
  /for ever/,
);

passes('semaphore: 3 threads, 2 permits', () => {
  const { buffer, notes, offset } = memory(64);
  const semaphore = new Semaphore({ buffer, offset, initial: 2, max: 2 });
  const round = (): void => {
    semaphore.acquire();
    if (Atomics.add(notes, INSIDE, 1) > 1) fail('Three are inside');
    Atomics.sub(notes, INSIDE, 1);
    semaphore.release();
  };
  return {
    buffer,
    threads: Array(3).fill([round]),
    check: () => assert.equal(semaphore.value, 2),
  };
});

function signalModel(make = Condition): Model {
  const { buffer, notes, offset } = memory(128);
  const [mutex, condition] = [
    new Mutex({ buffer, offset }),
    new make({ buffer, offset: offset + 64 }),
  ] as const;
  const wait = (): void => {
    mutex.lock();
    while (Atomics.load(notes, COUNT) === 0) condition.wait(mutex);
    Atomics.sub(notes, COUNT, 1);
    mutex.unlock();
  };
  const signal = (): void => {
    mutex.lock();
    Atomics.add(notes, COUNT, 1);
    mutex.unlock();
    condition.notifyOne();
  };
  return {
    buffer,
    threads: [...Array(2).fill([wait]), [signal, signal]],
    check: () => assert.equal(notes[COUNT], 0),
  };
}

passes('condition: 2 wait, each is notified once', () => signalModel());
isFound(
  'a condition that frees the mutex before it is announced is found',
  () =>
    signalModel(
      class extends Condition {
        override wait(mutex: Mutex): void {
          mutex.unlock();
          mutex.lock();
          super.wait(mutex);
        }
      },
    ),
  /for ever/,
);

/** @param writers the timeout of each */
function readWriteModel(readers: number, writers: readonly number[]): Model {
  const { buffer, notes, offset } = memory(64);
  const lock = new ReadWriteLock({ buffer, offset });
  const write = (timeout: number) => (): void => {
    try {
      lock.writeLock(timeout);
    } catch {
      return;
    }
    Atomics.store(notes, INSIDE, 1);
    Atomics.store(notes, INSIDE, 0);
    lock.writeUnlock();
  };
  const read = (): void => {
    lock.readLock();
    if (Atomics.load(notes, INSIDE) !== 0) fail('A reader sees half a write');
    lock.readUnlock();
  };
  return {
    buffer,
    threads: [...Array(readers).fill([read]), ...writers.map((timeout) => [write(timeout)])],
    check: () => assert.ok(lock.tryWriteLock()),
  };
}

const EVER = Number.POSITIVE_INFINITY;
passes('read-write lock: 2 readers, a writer', () => readWriteModel(2, [EVER]));
passes('read-write lock: a reader, 2 writers', () => readWriteModel(1, [EVER, EVER]));
passes('read-write lock: 2 readers, a writer that may give up', () => readWriteModel(2, [1e9]));

passes('barrier: 3 threads meet twice', () => {
  const { buffer, notes, offset } = memory(64);
  const barrier = new Barrier({ buffer, offset, parties: 3 });
  const meet = (meeting: number) => (): void => {
    Atomics.add(notes, COUNT, 1);
    if (barrier.wait()) Atomics.add(notes, SUM, 1);
    if (Atomics.load(notes, COUNT) < 3 * meeting) fail('One went on before all had come');
  };
  const thread = [meet(1), meet(2)];
  return { buffer, threads: [thread, thread, thread], check: () => assert.equal(notes[SUM], 2) };
});

/** Each producer pushes records that are powers of two, so that their sum tells which arrived. */
function queueModel(capacity: number, producers: number, consumers: number, each: number): Model {
  const { buffer, notes, offset } = memory(256 + 4 * capacity);
  const queue = new SharedQueue({ buffer, offset, capacity, recordBytes: 4 });
  const push = (value: number) => (): void => queue.push(Int32Array.of(value));
  const pop = (): void => {
    const record = new Int32Array(1);
    queue.pop(record);
    if (Atomics.add(notes, SUM, record[0]!) & record[0]!) fail(`Record ${record[0]} came twice`);
  };
  const total = producers * each;
  const threads = Array.from({ length: producers }, (_, p) =>
    Array.from({ length: each }, (_, n) => push(1 << (p * each + n))),
  );
  const takers = Array(consumers).fill(Array(total / consumers).fill(pop));
  const check = (): void => {
    assert.equal(notes[SUM], 2 ** total - 1);
    assert.equal(queue.length, 0);
  };
  return { buffer, threads: [...threads, ...takers], check };
}

for (const capacity of [1, 2]) {
  passes(`queue of ${capacity}: 2 producers, 2 consumers`, () => queueModel(capacity, 2, 2, 1));
}
passes('queue of 1: a producer and a consumer of 3', () => queueModel(1, 1, 1, 3));
isFound(
  'a queue that wakes nobody is found',
  () => ({ ...queueModel(1, 1, 1, 2), broken: { notify: () => 0 } }),
  /for ever/,
);

passes('queue: closing it ends all that wait', () => {
  const { buffer, notes, offset } = memory(256 + 4);
  const queue = new SharedQueue({ buffer, offset, capacity: 1, recordBytes: 4 });
  const record = new Int32Array(1);
  const pop = (): void => {
    if (queue.pop(record)) Atomics.add(notes, COUNT, 1);
  };
  const push = (): void => {
    try {
      queue.push(Int32Array.of(1));
      Atomics.add(notes, SUM, 1);
    } catch {
      return;
    }
  };
  return {
    buffer,
    threads: [[pop], [push, push, push], [() => queue.close()]],
    check: () => assert.equal(notes[COUNT]! + queue.length, notes[SUM]),
  };
});

test('what was explored is told', () => {
  const { states, ends }: Exploration = explore(() => mutexModel(1, 1));
  // The beginning, the lock, a look inside, and the unlock.
  assert.deepEqual({ states, ends }, { states: 4, ends: 1 });
});
