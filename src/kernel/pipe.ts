/** pipe2(2) and the size of a pipe's buffer (fcntl(2)). Results are `-errno` on failure. */
import { F_GETPIPE_SZ, F_SETPIPE_SZ, O_CLOEXEC, O_NONBLOCK } from './constants.ts';
import { fcntl } from './fcntl.ts';
import { errno, libc } from './ffi.ts';
import { scratch } from './memory.ts';

export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/** Both ends, close-on-exec and, unless asked otherwise, non-blocking. */
export function pipe2(blocking = false): Pipe | number {
  const { view, address } = scratch();
  if (libc().pipe2(address, blocking ? O_CLOEXEC : O_CLOEXEC | O_NONBLOCK) < 0) return -errno();
  return { read: view.getInt32(0, true), write: view.getInt32(4, true) };
}

/** Bytes that the pipe holds; 65536 unless changed (pipe(7)). */
export function getPipeSize(fd: number): number {
  return fcntl(fd, F_GETPIPE_SZ);
}

/**
 * Asks for room and returns what was given, a power of two of pages. `-EPERM` beyond
 * /proc/sys/fs/pipe-max-size (1 MiB) or pipe-user-pages-soft for a user without CAP_SYS_RESOURCE.
 */
export function setPipeSize(fd: number, size: number): number {
  return fcntl(fd, F_SETPIPE_SZ, size);
}
