/**
 * TCP's urgent data, one byte beside the stream (tcp(7), RFC 6093). With the option `oobInline` the byte
 * stays in the stream, at the mark, and `recvUrgent` fails.
 */
import { MSG_NOSIGNAL, MSG_OOB } from './constants.ts';
import { errno, libc } from './ffi.ts';
import { scratch } from './memory.ts';

/** Sends one byte as urgent; the peer's socket polls `POLLPRI`. 1, or `-errno`. */
export function sendUrgent(fd: number, byte: number): number {
  const { bytes, address } = scratch();
  bytes[0] = byte;
  const count = libc().sendAt(fd, address, 1, MSG_OOB | MSG_NOSIGNAL);
  return count < 0 ? -errno() : count;
}

/**
 * The urgent byte; or `-errno`: `-EINVAL` when there is none, or it was read, or it is inline; `-EAGAIN`
 * before it came.
 */
export function recvUrgent(fd: number): number {
  const { bytes, address } = scratch();
  const count = libc().recvAt(fd, address, 1, MSG_OOB);
  return count < 0 ? -errno() : bytes[0]!;
}

/**
 * sockatmark(3): 1 when the stream has been read up to the urgent byte, else 0; or `-errno`. A read never
 * crosses the mark, so reading until this is 1 finds it.
 */
export function sockatmark(fd: number): number {
  const result = libc().sockatmark(fd);
  return result < 0 ? -errno() : result;
}
