/** What a socket's receive buffer had no room for (SO_MEMINFO, sock_diag(7)). */
import { SOL_SOCKET } from './constants.ts';
import { scratch } from './memory.ts';
import { getsockopt } from './sockopt.ts';

const SO_MEMINFO = 55;
/** Index of SK_MEMINFO_DROPS in the 32-bit words that SO_MEMINFO returns. */
const DROPS = 8;

/** Packets that the kernel dropped at `fd` since it was opened, or `-errno`. */
export function droppedPackets(fd: number): number {
  const length = getsockopt(fd, SOL_SOCKET, SO_MEMINFO, 4 * (DROPS + 1));
  return length < 0 ? length : scratch().view.getUint32(4 * DROPS, true);
}
