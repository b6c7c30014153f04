/** Parts of servers, measured in the process that prints the result: `parts.ts PART`. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Architecture, type Server, serve } from '../../src/server/index.ts';
import { Mutex, Semaphore } from '../../src/sync/index.ts';
import { connect } from '../../src/transport/index.ts';
import { median } from '../statistics.ts';

const PARTS: Record<string, () => number | Promise<number>> = {
  mutex,
  semaphore,
  atomics,
  pool: () => takenAfter('pool', 300, 5, 1_000),
  thread: () => takenAfter('thread', 15, 400, 1_000_000),
  'cold-thread': coldThread,
  worker: bareWorker,
};

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

/** From the accept to the handler, the median over `connections`, with `pause` ms between them in which threads get ready. */
async function takenAfter(
  architecture: Architecture,
  connections: number,
  pause: number,
  divisor: number,
): Promise<number> {
  const shared = new SharedArrayBuffer(8);
  await using server = await open(architecture, shared);
  const waits: number[] = [];
  for (let count = 0; count < connections; count++) {
    await sleep(pause);
    waits.push((await ask(server, shared)) / divisor);
  }
  return median(waits);
}

/** As many connections at once as there are spare threads, and one more. */
async function coldThread(): Promise<number> {
  const shared = new SharedArrayBuffer(8);
  await using server = await open('thread', shared);
  const waits: number[] = [];
  for (let count = 0; count < 7; count++) {
    await sleep(800);
    const asked = await Promise.all([ask(server, shared), ask(server, shared), ask(server, shared)]);
    waits.push(Math.max(...asked) / 1_000_000);
  }
  return median(waits);
}

/** From `new Worker` to its first instruction, in ms. */
async function bareWorker(): Promise<number> {
  const waits: number[] = [];
  for (let count = 0; count < 15; count++) {
    await sleep(100);
    const workerData = new SharedArrayBuffer(8);
    const start = process.hrtime.bigint();
    const worker = new Worker(new URL('./empty-worker.ts', import.meta.url), { workerData });
    await once(worker, 'exit');
    waits.push(Number(new BigInt64Array(workerData)[0]! - start) / 1e6);
  }
  return median(waits);
}

function open(architecture: Architecture, shared: SharedArrayBuffer): Promise<Server> {
  const handler = new URL('./handlers/taken.ts', import.meta.url);
  return serve('tcp://127.0.0.1:0', handler, { architecture, workers: 4, shared, signals: false });
}

/** Ns that the connection waited for its handler. */
async function ask(server: Server, shared: SharedArrayBuffer): Promise<number> {
  await using client = await connect(server.address);
  await client.read();
  return new Float64Array(shared)[0]!;
}
