/** Pairs of connected sockets: the one end is watched, the other gives it something to read. It knows no poller. */
import {
  AF_UNIX,
  close,
  FD_SETSIZE,
  fcntl,
  Memory,
  recvAt,
  SOCK_STREAM,
  sendAt,
  socketpair,
} from '../../../../kernel/index.ts';
import { must } from '../shared/sockets.ts';

/** fcntl(2): duplicates to the lowest free descriptor from a number on. */
const F_DUPFD_CLOEXEC = 1030;

/** More than what is sent, so that one read takes all of it. */
const ROOM = 64;

export class Field implements Disposable {
  /** Ends that are watched. */
  readonly watched: number[] = [];
  readonly #far: number[] = [];
  readonly #byte = new Memory(ROOM);

  /** Opens pairs until there are `count`. @throws NetError */
  grow(count: number): void {
    while (this.watched.length < count) {
      const pair = socketpair(AF_UNIX, SOCK_STREAM);
      if (typeof pair === 'number') must(pair, 'Cannot make a pair of sockets');
      else {
        this.watched.push(pair[0]);
        this.#far.push(moveUp(pair[1]));
      }
    }
  }

  /** Gives the end at `index` one byte to read. */
  activate(index: number): void {
    must(sendAt(this.#far[index]!, this.#byte.address, 1), 'Cannot write to a pair of sockets');
  }

  /** Reads what the end has. */
  read(fd: number): void {
    must(recvAt(fd, this.#byte.address, ROOM), 'Cannot read from a pair of sockets');
  }

  [Symbol.dispose](): void {
    for (const fd of [...this.watched.splice(0), ...this.#far.splice(0)]) close(fd);
  }
}

/** The low numbers are for the ends that are watched, since select(2) takes no others. */
function moveUp(fd: number): number {
  const moved = fcntl(fd, F_DUPFD_CLOEXEC, FD_SETSIZE);
  // EINVAL: the process may not have so many.
  if (moved < 0) return fd;
  close(fd);
  return moved;
}
