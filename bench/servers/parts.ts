/** Parts of servers, measured in the process that prints the result: `parts.ts PART`. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Architecture, type Server, serve } from '../../src/server/index.ts';
import { runLoad } from '../../src/service/lab/index.ts';
import { Mutex, Semaphore } from '../../src/sync/index.ts';
import { connect } from '../../src/transport/index.ts';
import { median } from '../statistics.ts';
import { Waits } from './waits.ts';

const PARTS: Record<string, () => number | Promise<number>> = {
  mutex,
  semaphore,
  atomics,
  pool,
  thread,
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

/** From the accept to the handler in a pool with more threads than clients, in µs; another process connects. */
async function pool(): Promise<number> {
  const waits = new Waits();
  await using server = await open('pool', waits);
  const load = { connections: 2, perConnection: 1, warmup: 0, duration: 4_000 };
  await runLoad(server.address, load);
  const { values } = waits;
  // The first ones were served by code that was not compiled yet.
  return median(values.slice(values.length / 2)) / 1_000;
}

/** From the accept to the handler in ms, when there was time to make a spare thread ready. */
async function thread(): Promise<number> {
  const waits = new Waits();
  await using server = await open('thread', waits);
  for (let count = 0; count < 15; count++) {
    await sleep(400);
    await ask(server);
  }
  return median(waits.values) / 1e6;
}

/** The same for the last of as many connections at once as there are spare threads, and one more. */
async function coldThread(): Promise<number> {
  const slowest: number[] = [];
  for (let count = 0; count < 7; count++) {
    const waits = new Waits();
    await using server = await open('thread', waits);
    await Promise.all([ask(server), ask(server), ask(server)]);
    slowest.push(Math.max(...waits.values) / 1e6);
  }
  return median(slowest);
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

function open(architecture: Architecture, waits: Waits): Promise<Server> {
  const handler = new URL('./handlers/taken.ts', import.meta.url);
  const shared = waits.memory;
  return serve('tcp://127.0.0.1:0', handler, { architecture, workers: 4, shared, signals: false });
}

async function ask(server: Server): Promise<void> {
  await using client = await connect(server.address);
  await client.write(Uint8Array.of(1));
  await client.read();
}
