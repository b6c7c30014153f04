/** Who is at the other end of a Unix socket (SO_PEERCRED, unix(7)). */
import { SO_PEERCRED, SOL_SOCKET } from './constants.ts';
import { scratch } from './memory.ts';
import { getsockopt } from './sockopt.ts';

/** As it was at connect(2), listen(2) or socketpair(2); the process may be another by now. */
export interface PeerCredentials {
  /** Process; 0 when it is outside of our PID namespace. */
  readonly pid: number;
  /** Effective user. */
  readonly uid: number;
  /** Effective group. */
  readonly gid: number;
}

/** Or `-errno`. */
export function peerCredentials(fd: number): PeerCredentials | number {
  const result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, 12);
  if (result < 0) return result;
  const { view } = scratch();
  return { pid: view.getInt32(0, true), uid: view.getUint32(4, true), gid: view.getUint32(8, true) };
}
