/** getsockopt(2) and setsockopt(2), bare. `options.ts` knows the options by name. */
import { SO_COOKIE, SO_LINGER, SOL_SOCKET } from './constants.ts';
import { errno, libc } from './ffi.ts';
import { type Memory, scratch } from './memory.ts';

/** Where the length of a value lies in the scratch memory, beyond any value. */
const LENGTH = 4080;

/** 0 or `-errno`. */
export function setsockoptInt(fd: number, level: number, name: number, value: number): number {
  const { view, address } = scratch();
  view.setInt32(0, value, true);
  return libc().setsockopt(fd, level, name, address, 4) < 0 ? -errno() : 0;
}

/** The value, or `-errno`; for options whose values are not negative. */
export function getsockoptInt(fd: number, level: number, name: number): number {
  const result = getsockopt(fd, level, name, 4);
  return result < 0 ? result : scratch().view.getInt32(0, true);
}

/** 0 or `-errno`. */
export function setsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
  const { bytes, address } = scratch();
  bytes.set(value);
  return libc().setsockopt(fd, level, name, address, value.length) < 0 ? -errno() : 0;
}

/** Reads at most `size` bytes (4080) to the front of `scratch()`; returns how many came, or `-errno`. */
export function getsockopt(fd: number, level: number, name: number, size: number): number {
  const memory: Memory = scratch();
  memory.view.setUint32(LENGTH, size, true);
  const result = libc().getsockopt(fd, level, name, memory.address, memory.address + LENGTH);
  return result < 0 ? -errno() : memory.view.getUint32(LENGTH, true);
}

/**
 * SO_LINGER. With 0 seconds close(2) discards what is unsent and resets the connection; with more, close(2)
 * of a blocking socket waits so long; false restores the default. 0 or `-errno`.
 */
export function setLinger(fd: number, seconds: number | false): number {
  const { view, address } = scratch();
  view.setInt32(0, seconds === false ? 0 : 1, true);
  view.setInt32(4, seconds === false ? 0 : seconds, true);
  return libc().setsockopt(fd, SOL_SOCKET, SO_LINGER, address, 8) < 0 ? -errno() : 0;
}

/**
 * SO_COOKIE (linux/sock_diag.h): the number of the socket itself, unique on this machine and never given again, where a
 * descriptor's number is. `undefined` when `fd` is no open socket.
 */
export function socketCookie(fd: number): bigint | undefined {
  if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, 8) < 0) return undefined;
  return scratch().view.getBigUint64(0, true);
}
