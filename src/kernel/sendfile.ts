/** sendfile(2): bytes of a file to a descriptor inside the kernel. */
import { errno, libc } from './ffi.ts';
import { scratch } from './memory.ts';

/**
 * @param offset where in the file to begin, in which case its own position stays; null begins there and moves
 * it
 * @returns how many bytes left, 0 at the end of the file, or `-errno` (`-EAGAIN`: `to` takes no more now)
 */
export function sendfile(to: number, from: number, offset: number | null, length: number): number {
  const memory = scratch();
  if (offset !== null) memory.setUint64(0, offset);
  const count = libc().sendfile(to, from, offset === null ? 0 : memory.address, length);
  return count < 0 ? -errno() : count;
}
