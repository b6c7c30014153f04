/**
 * eventfd(2): a counter to wake a loop with, also from another thread, since a descriptor is only a number.
 */
import { EFD_CLOEXEC, EFD_NONBLOCK } from './constants.ts';
import { errno, libc } from './ffi.ts';
import { Memory } from './memory.ts';

let one: Memory | undefined;
let counter: Memory | undefined;

/** A new descriptor, or `-errno`. */
export function eventfd(blocking = false): number {
  const fd = libc().eventfd(0, blocking ? EFD_CLOEXEC : EFD_CLOEXEC | EFD_NONBLOCK);
  return fd < 0 ? -errno() : fd;
}

/** Adds one; the descriptor polls readable until it is drained. 0 or `-errno`. */
export function eventfdSignal(fd: number): number {
  if (one === undefined) {
    one = new Memory(8);
    one.setUint64(0, 1);
  }
  return libc().writeAt(fd, one.address, 8) < 0 ? -errno() : 0;
}

/** Takes the count and leaves zero; `-EAGAIN` when it is zero. */
export function eventfdDrain(fd: number): number {
  counter ??= new Memory(8);
  return libc().readAt(fd, counter.address, 8) < 0 ? -errno() : counter.view.getUint32(0, true);
}
