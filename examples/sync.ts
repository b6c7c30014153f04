/**
 * Threads that share memory: a queue hands out work, a mutex guards the result.
 *
 *     node -C modnet-source examples/sync.ts
 *
 * The main thread never blocks: it pushes in promises. The workers block, since they have nothing else to do.
 */
import { once } from 'node:events';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { Mutex, type SharedHandle, SharedQueue } from 'modnet/sync';

interface Shared {
  readonly work: SharedHandle<'queue'>;
  readonly mutex: SharedHandle<'mutex'>;
  /** How many primes were found, and the largest; one thread at a time may change them. */
  readonly found: Int32Array;
}

if (isMainThread) await main();
else count(workerData);

async function main(): Promise<void> {
  const work = new SharedQueue({ capacity: 4, recordBytes: 8 });
  const found = new Int32Array(new SharedArrayBuffer(8));
  const shared: Shared = { work: work.handle, mutex: new Mutex({ checked: true }).handle, found };
  const workers = Array.from(
    { length: 3 },
    () => new Worker(new URL(import.meta.url), { workerData: shared }),
  );
  const ends = workers.map((worker) => once(worker, 'exit'));

  for (let start = 0; start < 10_000; start += 500) await work.pushAsync(Int32Array.of(start, start + 500));
  work.close();
  await Promise.all(ends);
  console.log(`${found[0]} primes below 10000, the largest is ${found[1]}`);
}

function count(shared: Shared): void {
  const work = SharedQueue.from(shared.work);
  const mutex = Mutex.from(shared.mutex);
  const range = new Int32Array(2);
  while (work.pop(range)) {
    const primes = primesBetween(range[0]!, range[1]!);
    using _guard = mutex.guard();
    shared.found[0]! += primes.length;
    shared.found[1] = Math.max(shared.found[1]!, primes.at(-1) ?? 0);
  }
}

function primesBetween(start: number, end: number): number[] {
  const primes: number[] = [];
  for (let n = Math.max(2, start); n < end; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) primes.push(n);
  }
  return primes;
}
