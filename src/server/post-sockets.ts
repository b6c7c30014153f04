/**
 * A listening socket for each post (SO_REUSEPORT, socket(7)), opened and kept by the server: a worker that dies or is
 * reloaded leaves its socket and what waits on it to its successor, and nobody is reset. The kernel chooses by a hash of
 * the connection, so what it gave to the post of a worker that hangs, or is not replaced yet, waits.
 *
 * When a post is removed its worker accepts what waits there, and then the socket is closed. TCP resets what came in the
 * moment between (tcp(7) has no way to hand it on but net.ipv4.tcp_migrate_req), and what waited on a post without a
 * worker.
 */
import { tcpInfo } from '../kernel/index.ts';
import { descriptorsOf, type ListeningSocket } from '../transport/index.ts';
import type { Site } from './crew.ts';
import type { Outfit } from './supervisor.ts';

/** A worker that accepts on one of them. */
export interface SocketUser {
  /** It accepts no more. */
  readonly stopped: Promise<void>;
}

interface PostSocket {
  readonly socket: ListeningSocket;
  readonly users: Set<SocketUser>;
}

export class PostSockets implements Outfit {
  readonly #site: Site;
  readonly #posts: PostSocket[];

  /** @param site whose socket is the first post's, and stays the server's */
  constructor(site: Site) {
    this.#site = site;
    this.#posts = [{ socket: site.socket!, users: new Set() }];
  }

  /** Connections that wait on those that are ours. */
  get queued(): number {
    let queued = 0;
    for (const { socket } of this.#posts.slice(1)) {
      const info = tcpInfo(socket.fd);
      if (typeof info !== 'number') queued += info.unacknowledged;
    }
    return queued;
  }

  async equip(count: number): Promise<void> {
    const { address, settings } = this.#site;
    const { transport } = settings;
    const options = { ...transport, socket: { ...transport.socket, reusePort: true } };
    while (this.#posts.length < count) {
      const socket = await descriptorsOf(address, transport).open(address, options);
      this.#posts.push({ socket, users: new Set() });
    }
  }

  /** Starts a worker on the socket of its post. */
  employ<User extends SocketUser>(post: number, start: (fd: number) => User): User {
    const { socket, users } = this.#posts[post]!;
    const user = start(socket.fd);
    users.add(user);
    void user.stopped.then(() => users.delete(user));
    return user;
  }

  strip(count: number): void {
    for (const surplus of this.#posts.splice(Math.max(1, count))) void closeUnused(surplus);
  }
}

/** Closing it earlier would take it from under a thread that is about to accept. */
async function closeUnused({ socket, users }: PostSocket): Promise<void> {
  await Promise.all([...users].map((user) => user.stopped));
  socket.close();
}
