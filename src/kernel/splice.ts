/** splice(2): bytes from descriptor to descriptor inside the kernel. One of the two is a pipe. */
import { SPLICE_F_MOVE, SPLICE_F_NONBLOCK } from './constants.ts';
import { errno, libc } from './ffi.ts';

/**
 * @param flags whether the pipe may block the call is its own matter: `SPLICE_F_NONBLOCK` is the default
 * @returns how many bytes moved, 0 at the end of input, or `-errno` (`-EAGAIN`: either end is not ready)
 */
export function splice(
  from: number,
  to: number,
  length: number,
  flags: number = SPLICE_F_MOVE | SPLICE_F_NONBLOCK,
): number {
  const count = libc().splice(from, 0, to, 0, length, flags);
  return count < 0 ? -errno() : count;
}
