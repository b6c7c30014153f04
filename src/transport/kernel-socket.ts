/** What the transports of the kernel driver have in common: making a socket with its options, binding and listening. */
import type { Address } from '../core/address.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  bind,
  close,
  errnoName,
  kernelError,
  listen,
  type Sockaddr,
  type SocketOptions,
  setSocketOptions,
  socket,
} from '../kernel/index.ts';
import { BACKLOG } from './backlog.ts';
import { listenError } from './listen-error.ts';

const DOMAINS = { ipv4: AF_INET, ipv6: AF_INET6, unix: AF_UNIX } as const;

/** @throws NetError that begins with `what`, or names the option that cannot be had */
export function openSocket(
  family: keyof typeof DOMAINS,
  type: number,
  what: string,
  options: SocketOptions,
  protocol = 0,
): number {
  const fd = socket(DOMAINS[family], type, protocol);
  if (fd < 0) throw kernelError(fd, what);
  try {
    setSocketOptions(fd, family, options);
  } catch (error) {
    close(fd);
    throw error;
  }
  return fd;
}

/**
 * Binds `fd` and listens; closes it when that fails.
 * @param address what was asked for, named in errors
 */
export function listenAt(fd: number, at: Sockaddr, address: Address, options: SocketOptions): void {
  const bound = bind(fd, at);
  const result = bound < 0 ? bound : listen(fd, options.backlog ?? BACKLOG);
  if (result >= 0) return;
  close(fd);
  throw listenError(errnoName(result), address);
}
