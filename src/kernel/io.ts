/**
 * Bytes in and out of a descriptor. Every function returns the count, 0 at the end of input, or `-errno`;
 * none throws for a failure of the call, and none retries, not even EINTR. Sending on a closed stream without
 * `MSG_NOSIGNAL` is EPIPE too, because Node ignores SIGPIPE; `send` adds the flag all the same, for hosts
 * that do not.
 */
import { MSG_NOSIGNAL } from './constants.ts';
import { errno, libc } from './ffi.ts';
import type { IoVector } from './io-vector.ts';
import { hold } from './memory.ts';

/** read(2) into `bytes`. */
export function read(fd: number, bytes: Uint8Array): number {
  const count = libc().read(fd, bytes, bytes.length);
  return count < 0 ? -errno() : count;
}

/** read(2) into memory at `address`; see `Memory`. */
export function readAt(fd: number, address: number, length: number): number {
  const count = libc().readAt(fd, address, length);
  return count < 0 ? -errno() : count;
}

/** write(2); may take less than all of `bytes`. */
export function write(fd: number, bytes: Uint8Array): number {
  const count = libc().write(fd, bytes, bytes.length);
  return count < 0 ? -errno() : count;
}

/** write(2) from memory at `address`. */
export function writeAt(fd: number, address: number, length: number): number {
  const count = libc().writeAt(fd, address, length);
  return count < 0 ? -errno() : count;
}

/** recv(2) into `bytes`. */
export function recv(fd: number, bytes: Uint8Array, flags = 0): number {
  const count = libc().recv(fd, bytes, bytes.length, flags);
  return count < 0 ? -errno() : count;
}

/** recv(2) into memory at `address`: the cheapest way to receive, for slabs. */
export function recvAt(fd: number, address: number, length: number, flags = 0): number {
  const count = libc().recvAt(fd, address, length, flags);
  return count < 0 ? -errno() : count;
}

/** send(2); may take less than all of `bytes`. */
export function send(fd: number, bytes: Uint8Array, flags = 0): number {
  const count = libc().send(fd, bytes, bytes.length, flags | MSG_NOSIGNAL);
  return count < 0 ? -errno() : count;
}

/** send(2) from memory at `address`. */
export function sendAt(fd: number, address: number, length: number, flags = 0): number {
  const count = libc().sendAt(fd, address, length, flags | MSG_NOSIGNAL);
  return count < 0 ? -errno() : count;
}

/** readv(2): fills the parts of `vector` in order. */
export function readv(fd: number, vector: IoVector): number {
  hold(vector);
  const count = libc().readv(fd, vector.address, vector.count);
  return count < 0 ? -errno() : count;
}

/** writev(2): the parts of `vector` in order; may take less than all, see `IoVector.advance`. */
export function writev(fd: number, vector: IoVector): number {
  hold(vector);
  const count = libc().writev(fd, vector.address, vector.count);
  return count < 0 ? -errno() : count;
}
