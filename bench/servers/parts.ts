/** Parts of servers, measured in the process that prints the result: `parts.ts PART`. */
import { Mutex, Semaphore } from '../../src/sync/index.ts';
import { median } from '../statistics.ts';

const PARTS: Record<string, () => number | Promise<number>> = { mutex, semaphore, atomics };

const BLOCKS = 31;
const CALLS = 200_000;

console.log('ready 0');
console.log(`result ${JSON.stringify({ value: await PARTS[process.argv[2] ?? '']!() })}`);

function mutex(): number {
  const lock = new Mutex();
  return nanoseconds(() => {
    lock.lock();
    lock.unlock();
  });
}

function semaphore(): number {
  const places = new Semaphore({ initial: 1, max: 1 });
  return nanoseconds(() => {
    places.acquire();
    places.release();
  });
}

function atomics(): number {
  const word = new Int32Array(new SharedArrayBuffer(4));
  return nanoseconds(() => Atomics.add(word, 0, 1));
}

/** Of one call, the median of several blocks; the first ones compile it. */
function nanoseconds(call: () => unknown): number {
  const blocks = Array.from({ length: BLOCKS }, () => {
    const start = performance.now();
    for (let count = 0; count < CALLS; count++) call();
    return ((performance.now() - start) / CALLS) * 1e6;
  });
  return median(blocks);
}
