/** The flags of a descriptor (fcntl(2)). */
import { F_GETFD, F_GETFL, F_SETFL, FD_CLOEXEC, O_CLOEXEC, O_NONBLOCK } from './constants.ts';
import { errno, libc } from './ffi.ts';

/** fcntl(2) with an integer: the result or `-errno`. */
export function fcntl(fd: number, command: number, value = 0): number {
  const result = libc().fcntl(fd, command, value);
  return result < 0 ? -errno() : result;
}

/** dup3(2): from now on `to` is what `from` is, and what it was is closed, as one step. `to` or `-errno`; close-on-exec. */
export function replaceDescriptor(to: number, from: number): number {
  const result = libc().dup3(from, to, O_CLOEXEC);
  return result < 0 ? -errno() : result;
}

/** 0 or `-errno`. The flag belongs to the open file: descriptors duplicated or passed elsewhere share it. */
export function setNonBlocking(fd: number, on = true): number {
  const flags = fcntl(fd, F_GETFL);
  if (flags < 0) return flags;
  return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

/** Whether calls on it return `-EAGAIN` in place of waiting; false also for a descriptor that is closed. */
export function isNonBlocking(fd: number): boolean {
  const flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) !== 0;
}

/** Whether a program started by this one does without it; false also for a descriptor that is closed. */
export function isCloseOnExec(fd: number): boolean {
  const flags = fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) !== 0;
}
