/**
 * The stage of a scene: one client and one server, the calls that they make, and what the kernel says of both after each.
 * It does not know the scenes.
 */
import * as k from '../../../../kernel/index.ts';
import { tcpSockets } from '../shared/proc-net.ts';
import { loopback, must, portOf, Sockets } from '../shared/sockets.ts';
import { waitUntil } from '../shared/wait.ts';

/** What is known of one side. A `state` of `null`: there is no socket, or none any more. */
export interface Seen {
  readonly state: string | null;
  /** Bytes, or connections of a socket that listens; `null` where there is no socket. */
  readonly toRead: number | null;
  /** Bytes, or how many connections may wait at a socket that listens. */
  readonly toSend: number | null;
}

export interface Row {
  readonly by: 'client' | 'server';
  readonly call: string;
  readonly result: string;
  readonly client: Seen;
  readonly server: Seen;
  /** Section of RFC 9293. */
  readonly section: string | null;
  readonly words: string;
}

export interface Step {
  readonly by: Row['by'];
  readonly call: string;
  /** Makes the call; what it returns is shown as the kernel's result. */
  readonly run: () => number | Promise<number>;
  /** The result is a descriptor, whose number means nothing to a reader. */
  readonly isDescriptor?: boolean;
  /** What is waited for before both sides are written down. */
  readonly expect: Expected;
  readonly section?: string;
  /** What happened; a function where it depends on what the kernel answered. */
  readonly words: string | ((result: number) => string);
}

export interface Expected {
  readonly client: string | null;
  readonly server: string | null;
  /** Bytes in the receive queue of a side. */
  readonly clientReads?: number;
  readonly serverReads?: number;
  /** Connections that wait to be accepted. */
  readonly waiting?: number;
}

const NONE: Seen = { state: null, toRead: null, toSend: null };

/** Milliseconds until a state that was expected is given up. */
const PATIENCE = 2000;

export class Stage implements Disposable {
  readonly sockets = new Sockets();
  readonly rows: Row[] = [];
  listener: number | null = null;
  client: number | null = null;
  server: number | null = null;
  serverPort = 0;
  clientPort = 0;
  /** The server has had a socket of this connection; from then on the one that listens is beside the point. */
  #isServed = false;
  readonly #signal: AbortSignal;
  readonly #patience: number;

  /** @param patience milliseconds that a state may take to come */
  constructor(signal: AbortSignal, patience = PATIENCE) {
    this.#signal = signal;
    this.#patience = patience;
  }

  /** Makes a call, waits for the states that it should lead to, and writes down those that there are. */
  async step(step: Step): Promise<number> {
    this.#signal.throwIfAborted();
    const result = await step.run();
    const came = await waitUntil(() => this.#isAs(step.expect), this.#patience, this.#signal);
    const { client, server } = step.expect;
    const surprise = came
      ? ''
      : ` Expected within ${this.#patience} ms: ${client ?? 'none'}, ${server ?? 'none'}.`;
    this.rows.push({
      by: step.by,
      call: step.call,
      result: result < 0 ? k.errnoName(result) : step.isDescriptor ? 'descriptor' : String(result),
      client: this.seenClient(),
      server: this.seenServer(),
      section: step.section ?? null,
      words: (typeof step.words === 'string' ? step.words : step.words(result)) + surprise,
    });
    return result;
  }

  /** A listening socket that nothing was told of. */
  listen(backlog = 8, prepare: (fd: number) => void = () => {}): void {
    this.listener = this.sockets.tcp();
    prepare(this.listener);
    must(k.bind(this.listener, loopback()), 'Cannot bind to 127.0.0.1');
    must(k.listen(this.listener, backlog), 'Cannot listen on 127.0.0.1');
    this.serverPort = portOf(this.listener);
  }

  /** Begins to connect; the port of the client is known from then on. */
  connect(): number {
    const result = k.connect(this.client!, loopback(this.serverPort));
    this.clientPort = portOf(this.client!);
    return result;
  }

  accept(): number {
    const result = k.accept4(this.listener!);
    if (result >= 0) this.server = this.sockets.own(result, 'Cannot accept');
    return result;
  }

  /** Both sides of a connection that was accepted, without a row. `prepare` sees both sockets before they connect. */
  async establish(prepare?: (fd: number) => void): Promise<void> {
    this.listen(8, prepare);
    this.client = this.sockets.tcp();
    prepare?.(this.client);
    const begun = this.connect();
    if (begun !== -k.EINPROGRESS) must(begun, 'Cannot connect on loopback');
    const isOpen = () => this.seenClient().state === 'ESTABLISHED' && this.accept() >= 0;
    const came = await waitUntil(isOpen, this.#patience, this.#signal);
    must(came ? 0 : -k.ETIMEDOUT, 'Cannot connect on loopback');
  }

  closeClient(): number {
    const fd = this.client!;
    this.client = null;
    return this.sockets.close(fd);
  }

  closeServer(): number {
    const fd = this.server!;
    this.server = null;
    return this.sockets.close(fd);
  }

  closeListener(): number {
    const fd = this.listener!;
    this.listener = null;
    return this.sockets.close(fd);
  }

  /** Reads until the end comes; the bytes that were read, or `-errno`. */
  async readToEnd(fd: number): Promise<number> {
    const room = new Uint8Array(64 * 1024);
    let total = 0;
    let result = 0;
    const hasEnded = () => {
      result = k.read(fd, room);
      while (result > 0) {
        total += result;
        result = k.read(fd, room);
      }
      return result !== -k.EAGAIN;
    };
    await waitUntil(hasEnded, this.#patience, this.#signal);
    return result < 0 ? result : total;
  }

  seenClient(): Seen {
    return seen(this.client, this.clientPort, this.serverPort);
  }

  /**
   * The socket of the connection, accepted or not; before there is one, the socket that listens. A socket that is
   * connected to itself has no other side.
   */
  seenServer(): Seen {
    if (this.clientPort !== 0 && this.clientPort === this.serverPort) return NONE;
    const own = seen(this.server, this.serverPort, this.clientPort);
    if (own.state !== null) this.#isServed = true;
    if (this.#isServed || this.listener === null) return own;
    const queue = k.listenQueue(this.listener);
    const info = k.tcpInfo(this.listener);
    if (typeof queue === 'number' || typeof info === 'number') return NONE;
    if (info.state !== 'listen') return { state: rfcName(info.state), toRead: 0, toSend: 0 };
    return { state: 'LISTEN', toRead: queue.waiting, toSend: queue.backlog };
  }

  [Symbol.dispose](): void {
    this.sockets[Symbol.dispose]();
  }

  #isAs(expected: Expected): boolean {
    const client = this.seenClient();
    const server = this.seenServer();
    if (client.state !== expected.client || server.state !== expected.server) return false;
    if (expected.clientReads !== undefined && client.toRead !== expected.clientReads) return false;
    if (expected.serverReads !== undefined && server.toRead !== expected.serverReads) return false;
    if (expected.waiting === undefined || this.listener === null) return true;
    const queue = k.listenQueue(this.listener);
    return typeof queue !== 'number' && queue.waiting === expected.waiting;
  }
}

/** Asks the descriptor; and the table of all sockets when there is none, or when the descriptor has been left behind. */
function seen(fd: number | null, localPort: number, remotePort: number): Seen {
  const info = fd === null ? null : k.tcpInfo(fd);
  if (fd !== null && info !== null && typeof info !== 'number' && info.state !== 'closed') {
    return { state: rfcName(info.state), toRead: k.receiveQueued(fd), toSend: k.sendQueued(fd) };
  }
  const row =
    localPort === 0 || remotePort === 0
      ? undefined
      : tcpSockets().find((one) => one.localPort === localPort && one.remotePort === remotePort);
  if (row !== undefined)
    return { state: rfcName(row.state), toRead: row.receiveQueued, toSend: row.sendQueued };
  if (fd === null) return NONE;
  return { state: 'CLOSED', toRead: Math.max(0, k.receiveQueued(fd)), toSend: 0 };
}

/** RFC 9293 section 3.3.2 writes `SYN-RECEIVED`; that a request has no full socket yet is Linux's affair. */
function rfcName(state: k.TcpState): string {
  return state === 'new-syn-received' ? 'SYN-RECEIVED' : state.toUpperCase();
}
