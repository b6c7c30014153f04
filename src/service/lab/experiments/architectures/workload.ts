/** What the servers are asked to do. */
import type { LoadOptions } from '../../load/index.ts';

/** What the handlers are given: plain data, so that it reaches processes as well. */
export interface Shared {
  /** Of the small file. */
  readonly path: string;
  /** Of `burn`: one millisecond. */
  readonly rounds: number;
  /** Address of the back end. */
  readonly backEnd: string;
}

/** Bytes of the small file. */
export const FILE_SIZE = 4096;

/** Ms that the back end takes to answer. */
export const BACK_END_DELAY = 10;

export interface Workload {
  readonly name: string;
  /** For titles. */
  readonly title: string;
  /** The module beside this one, in `handlers/`. */
  readonly handler: string;
  /** Requests a second of the open loop: below what the better architectures can do, so that waiting is the server's. */
  readonly rate: number;
  readonly load: LoadOptions;
}

export const WORKLOADS: readonly Workload[] = [
  { name: 'echo', title: 'Echo of 64 bytes', handler: 'echo', rate: 1_000, load: { payload: 64 } },
  {
    name: 'file',
    title: `A file of ${FILE_SIZE} bytes`,
    handler: 'file',
    rate: 1_000,
    load: { payload: 64, answer: { kind: 'bytes', count: FILE_SIZE } },
  },
  { name: 'work', title: '1 ms of work', handler: 'work', rate: 400, load: { payload: 64 } },
  {
    name: 'back end',
    title: `${BACK_END_DELAY} ms of waiting for a back end`,
    handler: 'back-end',
    rate: 400,
    load: { payload: 64 },
  },
  {
    name: 'slow clients',
    title: 'Echo with a quarter of slow clients',
    handler: 'echo',
    rate: 1_000,
    load: { payload: 64, slow: { share: 0.25, interval: 5 } },
  },
];
