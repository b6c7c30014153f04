/** Inside a thread of `hybrid`. */
import { parentPort, workerData } from 'node:worker_threads';
import { close, setLinger } from '../../kernel/index.ts';
import { type HostedLoop, hostedLoop } from '../../loop/index.ts';
import type { Brief, ToServer, ToWorker } from '../workers/brief.ts';
import { keepCompiled } from '../workers/compile-cache.ts';
import { LoopWorker } from './loop-worker.ts';

export interface LoopThreadData {
  readonly brief: Brief;
  readonly buffer: SharedArrayBuffer;
  /** The listening socket. */
  readonly fd: number;
  /** One word; 1 when the thread can be terminated. */
  readonly parked: SharedArrayBuffer;
}

/** Those of the process are not this thread's to close. */
const STANDARD_ERROR = 2;

export function runLoopThread(): void {
  const { brief, buffer, fd, parked } = workerData as LoopThreadData;
  const tell = (message: ToServer): void => parentPort!.postMessage(message);
  const loop = hostedLoop();
  tell({ modnet: 'loop', poller: loop.fd });
  process.on('exit', () => closeAll(loop.watched, fd));
  const end = (code: number): never => process.exit(code);
  const worker = new LoopWorker({ brief, buffer, fd, cookies: true, tell, end });
  parentPort!.on('message', (message: ToWorker) => {
    if (message.modnet === 'drain') worker.drain(message.timeout, message.last);
    if (message.modnet === 'park') park(loop, parked);
  });
  void worker.open().then(keepCompiled);
}

function park(loop: HostedLoop, parked: SharedArrayBuffer): void {
  loop.detach();
  const word = new Int32Array(parked);
  Atomics.store(word, 0, 1);
  Atomics.notify(word, 0);
}

/**
 * A thread that ends leaves its descriptors open. What it served, and what its handlers had opened, is reset; but for one
 * that is terminated, of which the server knows what it served.
 */
function closeAll(watched: readonly number[], listening: number): void {
  for (const fd of watched) {
    if (fd === listening || fd <= STANDARD_ERROR) continue;
    setLinger(fd, 0);
    close(fd);
  }
}
