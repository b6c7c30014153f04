/** What lies in a socket's queues (tcp(7), udp(7), unix(7), Ioctls). */
import { errno, libc } from './ffi.ts';
import { scratch } from './memory.ts';

const SIOCINQ = 0x541b;
const SIOCOUTQ = 0x5411;

/** Bytes that can be received at once; of a datagram socket, the size of the next datagram. Or `-errno`. */
export function receiveQueued(fd: number): number {
  return ioctlInt(fd, SIOCINQ);
}

/** Bytes that the peer has not acknowledged, or of a Unix socket not received. Or `-errno`. */
export function sendQueued(fd: number): number {
  return ioctlInt(fd, SIOCOUTQ);
}

function ioctlInt(fd: number, request: number): number {
  const { view, address } = scratch();
  return libc().ioctl(fd, request, address) < 0 ? -errno() : view.getInt32(0, true);
}
