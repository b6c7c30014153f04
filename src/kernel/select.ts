/** select(2), with the limit that made poll(2) and epoll(7) necessary: descriptors below 1024 only. */
import { NetError } from '../core/error.ts';
import { errno, libc } from './ffi.ts';
import { Memory, scratch } from './memory.ts';

/** Fixed by the C library; a larger descriptor would write beyond the set (select(2), BUGS). */
export const FD_SETSIZE = 1024;

/**
 * Waits until a descriptor of the sets is ready and leaves only those that are in them.
 * @param timeout milliseconds; 0 returns at once, -1 waits without end and blocks the thread
 * @returns how many are ready, 0 at the timeout, or `-errno`, when the sets are unspecified
 */
export function select(
  read: FdSet | null,
  write: FdSet | null,
  except: FdSet | null,
  timeout: number,
): number {
  const highest = Math.max(read?.highest ?? -1, write?.highest ?? -1, except?.highest ?? -1);
  const { address } = scratch();
  if (timeout >= 0) writeTimeval(timeout);
  const count = libc().select(
    highest + 1,
    read?.address ?? 0,
    write?.address ?? 0,
    except?.address ?? 0,
    timeout < 0 ? 0 : address,
  );
  return count < 0 ? -errno() : count;
}

/** `fd_set`: one bit per descriptor. */
export class FdSet {
  readonly #memory = new Memory(FD_SETSIZE / 8);

  get address(): number {
    return this.#memory.address;
  }

  /** @throws NetError `limit` for a descriptor of 1024 or more */
  add(fd: number): void {
    this.#check(fd);
    this.#memory.bytes[fd >> 3]! |= 1 << (fd & 7);
  }

  delete(fd: number): void {
    this.#check(fd);
    this.#memory.bytes[fd >> 3]! &= ~(1 << (fd & 7));
  }

  has(fd: number): boolean {
    this.#check(fd);
    return (this.#memory.bytes[fd >> 3]! & (1 << (fd & 7))) !== 0;
  }

  clear(): void {
    this.#memory.bytes.fill(0);
  }

  /** Becomes equal to `other`, such as the set that select(2) is to change. */
  copyFrom(other: FdSet): void {
    this.#memory.bytes.set(other.#memory.bytes);
  }

  /** The highest descriptor in the set; -1 when it is empty. */
  get highest(): number {
    const byte = this.#memory.bytes.findLastIndex((bits) => bits !== 0);
    return byte < 0 ? -1 : byte * 8 + 31 - Math.clz32(this.#memory.bytes[byte]!);
  }

  #check(fd: number): void {
    if (Number.isInteger(fd) && fd >= 0 && fd < FD_SETSIZE) return;
    const what = `select(2) takes descriptors from 0 to ${FD_SETSIZE - 1}, not ${fd}`;
    throw new NetError('limit', `${what}; use the poller epoll or poll`);
  }
}

function writeTimeval(milliseconds: number): void {
  const memory = scratch();
  memory.setUint64(0, Math.floor(milliseconds / 1000));
  memory.setUint64(8, Math.floor((milliseconds % 1000) * 1000));
}
