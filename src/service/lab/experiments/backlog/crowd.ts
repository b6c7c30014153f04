/** A listening TCP socket that does not accept, and clients that connect to it one after another. It measures nothing. */
import * as k from '../../../../kernel/index.ts';
import { netCounters } from '../shared/proc-net.ts';
import { loopback, must, portOf, type Sockets } from '../shared/sockets.ts';
import { waitUntil } from '../shared/wait.ts';

/** Milliseconds until the fate of a connect is known; on loopback it is when the call returns. */
const SETTLE = 1000;

export interface Client {
  readonly fd: number;
  /** On the clock of `performance.now()`. */
  readonly begun: number;
  /** Seconds from its connect until it was connected; `null` while it is not. */
  after: number | null;
}

export class Crowd {
  readonly listener: number;
  readonly port: number;
  readonly clients: Client[] = [];
  readonly #sockets: Sockets;
  readonly #signal: AbortSignal;

  /** @param backlog as given to listen(2) */
  constructor(sockets: Sockets, backlog: number, signal: AbortSignal) {
    this.#sockets = sockets;
    this.#signal = signal;
    this.listener = sockets.tcp();
    must(k.bind(this.listener, loopback()), 'Cannot bind to 127.0.0.1');
    must(k.listen(this.listener, backlog), 'Cannot listen on 127.0.0.1');
    this.port = portOf(this.listener);
  }

  /** One more client; it is connected afterwards, or its SYN was dropped. */
  async connect(): Promise<Client> {
    const fd = this.#sockets.tcp();
    const dropsBefore = overflows();
    const client: Client = { fd, begun: performance.now(), after: null };
    const result = k.connect(fd, loopback(this.port));
    if (result !== -k.EINPROGRESS) must(result, 'Cannot connect on loopback');
    this.clients.push(client);
    await waitUntil(() => this.look(client) || overflows() > dropsBefore, SETTLE, this.#signal);
    return client;
  }

  /** Whether the client is connected; notes when it became so. */
  look(client: Client): boolean {
    if (client.after === null && stateOf(client.fd) === 'established') {
      client.after = (performance.now() - client.begun) / 1000;
    }
    return client.after !== null;
  }

  /** How many are connected now. */
  get connected(): number {
    return this.clients.filter((client) => this.look(client)).length;
  }

  /** How many wait for an answer to their SYN. */
  get hanging(): number {
    return this.clients.filter(({ fd }) => stateOf(fd) === 'syn-sent').length;
  }

  /** @throws NetError */
  get queue(): k.ListenQueue {
    const queue = k.listenQueue(this.listener);
    if (typeof queue === 'number') throw k.kernelError(queue, 'Cannot read the queue of a listening socket');
    return queue;
  }

  /** Accepts at most so many; returns how many there were. */
  accept(most = Infinity): number {
    for (let count = 0; count < most; count++) {
      const result = k.accept4(this.listener);
      if (result === -k.EAGAIN) return count;
      this.#sockets.own(result, 'Cannot accept');
    }
    return most;
  }
}

/** SYNs that were dropped since the segments of a client: those of the whole namespace. */
function overflows(): number {
  return netCounters().ListenOverflows ?? 0;
}

function stateOf(fd: number): k.TcpState {
  const info = k.tcpInfo(fd);
  return typeof info === 'number' ? 'unknown' : info.state;
}
