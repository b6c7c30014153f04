/** On which processors a thread runs (sched_setaffinity(2)). */
import { errno, libc } from './ffi.ts';
import { scratch } from './memory.ts';

/** Bytes of `cpu_set_t` (CPU_SET(3)): one bit for each of 1024 processors. */
const SET_SIZE = 128;
/** The thread that calls. */
const SELF = 0;

/** Numbers of the processors that the calling thread may run on, by rising number; or `-errno`. */
export function threadProcessors(): number[] | number {
  const { bytes, address } = scratch();
  bytes.fill(0, 0, SET_SIZE);
  if (libc().sched_getaffinity(SELF, SET_SIZE, address) < 0) return -errno();
  return Array.from({ length: SET_SIZE * 8 }, (_, number) => number).filter(
    (number) => (bytes[number >> 3]! & (1 << (number & 7))) !== 0,
  );
}

/**
 * Keeps the calling thread, and no other of the process, on one processor: 0 or `-errno` (`-EINVAL` for one that is not
 * there or not allowed).
 */
export function pinThread(processor: number): number {
  const { bytes, address } = scratch();
  bytes.fill(0, 0, SET_SIZE);
  if (processor >= 0 && processor < SET_SIZE * 8) bytes[processor >> 3] = 1 << (processor & 7);
  return libc().sched_setaffinity(SELF, SET_SIZE, address) < 0 ? -errno() : 0;
}
