/** openat2(2): opens a file of which it is certain where it lies. */
import { errno, libc } from './ffi.ts';
import { scratch } from './memory.ts';

export const O_RDONLY = 0;
export const O_PATH = 0o10000000;
/** Symbolic links with a meaning of their own (/proc/PID/fd) are not followed. */
export const RESOLVE_NO_MAGICLINKS = 0x02;
/** No symbolic link is followed: `-ELOOP`. */
export const RESOLVE_NO_SYMLINKS = 0x04;
/** Nothing outside the directory is reached, by `..` or by a link: `-EXDEV`. Absolute links are outside in any case. */
export const RESOLVE_BENEATH = 0x08;

/** openat2(2) has one number on all architectures, and glibc no function for it. */
const SYS_OPENAT2 = 437;

/** sizeof(struct open_how): flags, mode, resolve. */
const SIZE = 24;

/**
 * @param directory a descriptor of the directory that `path` is relative to
 * @param path without NUL bytes
 * @returns a descriptor, or `-errno` (`-ENOSYS` before Linux 5.6, `-EPERM` where a sandbox forbids it)
 */
export function openat2(directory: number, path: string, flags: number, resolve: number): number {
  const memory = scratch();
  memory.setUint64(0, flags);
  memory.setUint64(8, 0);
  memory.setUint64(16, resolve);
  const fd = libc().openat2(SYS_OPENAT2, directory, path, memory.address, SIZE);
  return fd < 0 ? -errno() : fd;
}
