/** Memory that several processes map (memfd_create(2), mmap(2)): what `SharedArrayBuffer` is to threads. */
import { MAP_SHARED, MFD_CLOEXEC, PROT_READ, PROT_WRITE } from './constants.ts';
import { kernelError } from './errno.ts';
import { errno, libc, viewAt } from './ffi.ts';

/** Unmaps memory that nothing refers to any more; before that a view of it would end the process. */
const unmapping = new FinalizationRegistry<{ address: bigint; size: number }>(({ address, size }) => {
  libc().munmap(address, size);
});

/**
 * A descriptor of `size` zeroed bytes without a name in any file system; whoever inherits it maps the same bytes.
 * @param name seen in /proc/PID/maps, for debugging
 * @throws NetError `limit` when there is no memory or no descriptor left
 */
export function createSharedMemory(name: string, size: number): number {
  const fd = libc().memfd_create(name, MFD_CLOEXEC);
  if (fd < 0) throw kernelError(-errno(), 'Cannot create shared memory');
  if (libc().ftruncate(fd, size) === 0) return fd;
  const failed = -errno();
  libc().close(fd);
  throw kernelError(failed, `Cannot make ${size} bytes of shared memory`);
}

/**
 * Maps the first `size` bytes of such a descriptor, which may be closed afterwards. `Atomics` work on it, but
 * `Atomics.wait` does not: that takes a `SharedArrayBuffer`. It is unmapped when it is collected.
 * @throws NetError
 */
export function mapSharedMemory(fd: number, size: number): ArrayBuffer {
  const address = libc().mmap(0n, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const mapped = BigInt(address);
  if (mapped === MAP_FAILED) throw kernelError(-errno(), `Cannot map ${size} bytes of shared memory`);
  const buffer = viewAt(mapped, size);
  unmapping.register(buffer, { address: mapped, size });
  return buffer;
}

const MAP_FAILED = 2n ** 64n - 1n;
