/**
 * A small exchange in memory for tests of its clients: enough of the JSON-lines protocol to be joined and spoken to, and
 * hooks to misbehave. It is no model of the real one.
 */
import type { Connection, HalfCloseable, Listener } from '../core/index.ts';
import { drive } from '../core/index.ts';
import { lines } from '../framing/lines.ts';
import { memory } from '../transport/memory/index.ts';

export interface Request {
  readonly type: string;
  readonly id?: number;
  readonly [field: string]: unknown;
}

interface Stored {
  readonly type: 'message';
  readonly id: number;
  readonly room: string;
  readonly sender: string;
  readonly time: string;
  readonly kind: string;
  readonly body: string;
  readonly door: string;
}

const TIME = '2026-01-02T03:04:05.000Z';

export class FakeExchange {
  /** Every request of every client, in order. */
  readonly requests: Request[] = [];
  stored: Stored[] = [];
  members: string[] = ['anna', 'bob'];
  limits = { body: 100, line: 8_192, name: 32, rooms: 8, history: 50, rate: 10, burst: 20, idle: 0 };
  /** Returns true when it took care of the request itself. */
  hook: (request: Request, peer: Peer) => boolean = () => false;
  readonly #listener: Listener<HalfCloseable>;
  #peers: Peer[] = [];
  #waiters: { type: string; resolve(request: Request): void }[] = [];

  static async start(): Promise<FakeExchange> {
    return new FakeExchange(await memory.listen('memory:'));
  }

  private constructor(listener: Listener<HalfCloseable>) {
    this.#listener = listener;
    void this.#accept();
  }

  readonly dial = (): Promise<Connection> => memory.connect(this.#listener.address);

  /** The newest client. */
  get peer(): Peer {
    return this.#peers.at(-1)!;
  }

  /** The next request of the type to come. */
  next(type: string): Promise<Request> {
    return new Promise((resolve) => this.#waiters.push({ type, resolve }));
  }

  /** Stores and delivers a message. */
  post(sender: string, body: string, more: { room?: string; kind?: string; quietly?: boolean } = {}): Stored {
    const { room = 'lobby', kind = 'say' } = more;
    const id = (this.stored.at(-1)?.id ?? 0) + 1;
    const message = { type: 'message', id, room, sender, time: TIME, kind, body, door: 'tcp' } as const;
    this.stored.push(message);
    if (!more.quietly) for (const peer of this.#peers) peer.send(message);
    return message;
  }

  /** Breaks the connection of every client, as a crash would. */
  crash(): void {
    for (const peer of this.#peers.splice(0)) peer.abort();
  }

  async stop(): Promise<void> {
    this.crash();
    await this.#listener.close();
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      const peer = new Peer(connection);
      this.#peers.push(peer);
      void this.#serve(peer);
    }
  }

  async #serve(peer: Peer): Promise<void> {
    try {
      for await (const line of peer.channel) {
        const request: Request = JSON.parse(line);
        this.requests.push(request);
        if (!this.hook(request, peer)) this.#answer(request, peer);
        const at = this.#waiters.findIndex(({ type }) => type === request.type);
        if (at >= 0) this.#waiters.splice(at, 1)[0]!.resolve(request);
      }
      await peer.channel.close();
    } catch {
      // A client that went away, or one that a test broke.
    }
    this.#peers = this.#peers.filter((other) => other !== peer);
  }

  #answer(request: Request, peer: Peer): void {
    const { id, type } = request;
    const room = String(request.room ?? 'lobby').replace(/^#/, '');
    if (type === 'hello') {
      this.#welcome(request, peer);
    } else if (type === 'say' || type === 'me') {
      const message = this.post(peer.name, String(request.body), { room, kind: type });
      peer.send({ type: 'ok', id, request: type, room, message: message.id });
    } else if (type === 'history') {
      peer.send({ type, id, room, ...this.#page(room, request) });
    } else if (type === 'who') {
      const members = this.members.map((member) => ({ member, door: 'tcp' }));
      peer.send({ type: 'members', id, room, members, total: members.length });
    } else if (type === 'rooms') {
      peer.send({ type, id, rooms: [{ room: 'lobby', members: 2, joined: true }] });
    } else if (type === 'msg') {
      const { to: recipient, body } = request;
      peer.send({ type: 'private', sender: peer.name, recipient, time: TIME, body, door: 'tcp' });
      peer.send({ type: 'ok', id, request: type });
    } else if (type === 'nick') {
      peer.name = String(request.name);
      peer.send({ type: 'ok', id, request: type, member: peer.name });
    } else if (type === 'join' || type === 'leave')
      peer.send({ type: 'ok', id, request: type, room, members: 1 });
    else if (type === 'ping') peer.send({ type: 'pong', id, time: TIME });
    else if (type === 'quit') {
      peer.send({ type: 'bye', id, reason: 'you left' });
      void peer.end();
    }
  }

  #welcome({ id, name, rooms = ['lobby'] }: Request, peer: Peer): void {
    peer.name = String(name);
    const { limits } = this;
    const server = 'modnet/0';
    peer.send({ type: 'welcome', id, protocol: 1, server, session: 's', member: peer.name, rooms, limits });
  }

  #page(room: string, request: Request): { messages: object[]; before: number | null } {
    const before = (request.before as number | undefined) ?? Number.POSITIVE_INFINITY;
    const older = this.stored.filter((message) => message.room === room && message.id < before);
    const messages = older.slice(-Number(request.limit ?? 50));
    return { messages, before: older.length > messages.length ? messages[0]!.id : null };
  }
}

/** A client, seen from the exchange. */
export class Peer {
  readonly channel;
  readonly #connection: HalfCloseable;
  name = '';

  constructor(connection: HalfCloseable) {
    this.#connection = connection;
    this.channel = drive<string>(connection, lines({ max: 1_000_000 }));
  }

  send(message: object): void {
    this.channel.send(JSON.stringify(message)).catch(() => {});
  }

  /** A line as it is. */
  text(line: string): void {
    this.channel.send(line).catch(() => {});
  }

  end(): Promise<void> {
    return this.#connection.end();
  }

  abort(): void {
    this.channel.abort(new Error('crash'));
  }
}
