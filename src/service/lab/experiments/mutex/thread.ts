/** A thread that counts. It warms up by itself, meets the others, counts, and says when it began and when it ended. */
import { parentPort } from 'node:worker_threads';
import { Barrier, Mutex, Semaphore } from '../../../../sync/index.ts';
import { LOOPS } from './counting.ts';
import type { Span, Task, Way } from './ways.ts';

/** Counts before the clock runs, in memory of its own: enough for the loop to be compiled. */
const WARM_UP = 20_000;
const WARM_UPS = 5;

/** ns that a thread waits at the start for those that wake up late; on fewer cores than threads they may never come. */
const START_PATIENCE = 2_000_000;

parentPort!.on('message', (task: Task) => parentPort!.postMessage(count(task)));

function count(task: Task): Span {
  const loop = LOOPS[task.way];
  const { counter } = task;
  const [mutex, semaphore] = [Mutex.from(task.mutex), Semaphore.from(task.semaphore)];
  warmUp(task.way);
  Barrier.from(task.barrier).wait();
  start(task);
  const began = now();
  loop(task.counts, { counter, mutex, semaphore });
  return { began, ended: now() };
}

function warmUp(way: Way): void {
  const tools = {
    counter: new Int32Array(new SharedArrayBuffer(4)),
    mutex: new Mutex(),
    semaphore: new Semaphore({ initial: 1 }),
  };
  for (let time = 0; time < WARM_UPS; time++) LOOPS[way](WARM_UP, tools);
}

/** The barrier wakes one after the other, which takes longer than some of the loops: so they meet once more, awake. */
function start({ started, parties }: Task): void {
  Atomics.add(started, 0, 1);
  const end = now() + START_PATIENCE;
  while (Atomics.load(started, 0) < parties && now() < end);
}

/** ns; exact to one or two of them, whatever the machine has been up for. */
function now(): number {
  return Number(process.hrtime.bigint());
}
