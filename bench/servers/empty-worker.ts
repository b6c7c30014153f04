/** The least that a thread can do: say when it began. */
import { workerData } from 'node:worker_threads';

const now = process.hrtime.bigint();
const words = new BigInt64Array(workerData as SharedArrayBuffer);
words[0] = now;
