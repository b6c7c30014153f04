/**
 * The life of a socket: socket(2), bind(2), listen(2), accept4(2), connect(2), shutdown(2), close(2). Every
 * function returns a result or `-errno`. Descriptors are close-on-exec, and non-blocking unless asked
 * otherwise.
 */
import { SO_ERROR, SOCK_CLOEXEC, SOCK_NONBLOCK, SOL_SOCKET } from './constants.ts';
import { errno, libc } from './ffi.ts';
import { hold, scratch } from './memory.ts';
import type { Sockaddr } from './sockaddr.ts';
import { getsockoptInt } from './sockopt.ts';

/**
 * A new descriptor, or `-errno`.
 * @param blocking for threads that wait inside their calls
 */
export function socket(domain: number, type: number, protocol = 0, blocking = false): number {
  const fd = libc().socket(domain, type | flags(blocking), protocol);
  return fd < 0 ? -errno() : fd;
}

/** Two connected sockets (AF_UNIX). */
export function socketpair(domain: number, type: number, blocking = false): [number, number] | number {
  const { view, address } = scratch();
  if (libc().socketpair(domain, type | flags(blocking), 0, address) < 0) return -errno();
  return [view.getInt32(0, true), view.getInt32(4, true)];
}

/** 0 or `-errno`. */
export function bind(fd: number, address: Sockaddr): number {
  hold(address);
  return libc().bind(fd, address.address, address.length) < 0 ? -errno() : 0;
}

/** @param backlog connections that wait to be accepted; the system caps it at net.core.somaxconn (4096) */
export function listen(fd: number, backlog: number): number {
  return libc().listen(fd, backlog) < 0 ? -errno() : 0;
}

/** The next connection, or `-errno` (`-EAGAIN` when none waits). Fills `peer`. */
export function accept4(fd: number, peer: Sockaddr | null = null, blocking = false): number {
  const accepted =
    peer === null
      ? libc().accept4(fd, 0, 0, flags(blocking))
      : libc().accept4(fd, peer.reset().address, peer.lengthAddress, flags(blocking));
  return accepted < 0 ? -errno() : accepted;
}

/**
 * `-EINPROGRESS` begins a non-blocking connect, which has finished when it polls writable and `socketError`
 * tells how.
 */
export function connect(fd: number, address: Sockaddr): number {
  hold(address);
  return libc().connect(fd, address.address, address.length) < 0 ? -errno() : 0;
}

/** 0 or `-errno`: the error that is pending on the socket (SO_ERROR), which reading clears. */
export function socketError(fd: number): number {
  const result = getsockoptInt(fd, SOL_SOCKET, SO_ERROR);
  return result > 0 ? -result : result;
}

/** @param how `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR` */
export function shutdown(fd: number, how: number): number {
  return libc().shutdown(fd, how) < 0 ? -errno() : 0;
}

/** The descriptor is gone whatever this returns, `-EINTR` included (close(2), NOTES): never call it twice. */
export function close(fd: number): number {
  return libc().close(fd) < 0 ? -errno() : 0;
}

/** Fills `address` with the socket's own. */
export function getsockname(fd: number, address: Sockaddr): number {
  return libc().getsockname(fd, address.reset().address, address.lengthAddress) < 0 ? -errno() : 0;
}

/** Fills `address` with the peer's. */
export function getpeername(fd: number, address: Sockaddr): number {
  return libc().getpeername(fd, address.reset().address, address.lengthAddress) < 0 ? -errno() : 0;
}

function flags(blocking: boolean): number {
  return blocking ? SOCK_CLOEXEC : SOCK_CLOEXEC | SOCK_NONBLOCK;
}
