/**
 * The listening sockets on which workers accept, each at its post: one for all, or one for each post (SO_REUSEPORT,
 * socket(7)). They are opened and kept by the server: a worker that dies or is reloaded leaves its socket, and what waits
 * on it, to its successor, and nobody is reset.
 *
 * With one for each the kernel chooses by a hash of the connection, so what it gave to the post of a worker that hangs,
 * or has no successor yet, waits. When a post is removed its worker accepts what waits there, and then the socket is
 * closed. TCP resets what came in the moment between, and what waited on a post without a worker: a connection stays with
 * the socket that it was given to, unless net.ipv4.tcp_migrate_req is on (Linux, Documentation/networking/ip-sysctl).
 */
import { SHUT_RD, shutdown, tcpInfo } from '../../kernel/index.ts';
import { descriptorsOf, type ListeningSocket } from '../../transport/index.ts';
import type { Site } from '../crew.ts';
import type { Outfit } from '../workers/supervisor.ts';

/** A worker that accepts on one of them. */
export interface SocketUser {
  /** It accepts no more, or is gone. */
  readonly stopped: Promise<void>;
}

interface PostSocket {
  readonly socket: ListeningSocket;
  readonly users: Set<SocketUser>;
}

export class PostSockets implements Outfit {
  readonly #site: Site;
  readonly #forEach: boolean;
  /** The first is the server's, and only it can close it. */
  readonly #posts: PostSocket[];

  /** @param forEach one for each post */
  constructor(site: Site, forEach: boolean) {
    this.#site = site;
    this.#forEach = forEach;
    this.#posts = [{ socket: site.socket!, users: new Set() }];
  }

  /** On those that are ours. */
  get queued(): number {
    let queued = 0;
    for (const { socket } of this.#posts.slice(1)) {
      const info = tcpInfo(socket.fd);
      if (typeof info !== 'number') queued += info.unacknowledged;
    }
    return queued;
  }

  /** Starts a worker on the socket of its post. */
  employ<User extends SocketUser>(post: number, start: (fd: number) => User): User {
    const { socket, users } = this.#posts[this.#forEach ? post : 0]!;
    const user = start(socket.fd);
    users.add(user);
    void user.stopped.then(() => users.delete(user));
    return user;
  }

  async equip(count: number): Promise<void> {
    const { address, settings } = this.#site;
    const { transport } = settings;
    const options = { ...transport, socket: { ...transport.socket, reusePort: true } };
    while (this.#forEach && this.#posts.length < count) {
      const socket = await descriptorsOf(address, transport).open(address, options);
      this.#posts.push({ socket, users: new Set() });
    }
  }

  strip(count: number): void {
    for (const surplus of this.#posts.splice(Math.max(1, count)))
      void whenUnused(surplus, () => surplus.socket.close());
  }

  /**
   * At once, in all threads and processes: a connection that a worker took before it heard of the drain would have been
   * accepted after it began (shutdown(2) on a listening socket: tcp_disconnect, unix_shutdown).
   */
  refuse(): void {
    for (const { socket } of this.#posts) shutdown(socket.fd, SHUT_RD);
    this.strip(1);
    void whenUnused(this.#posts[0]!, () => this.#site.stopListening());
  }
}

/** Closed earlier, its number could be another socket's when a thread accepts on it. */
async function whenUnused({ users }: PostSocket, close: () => void): Promise<void> {
  await Promise.all([...users].map((user) => user.stopped));
  close();
}
