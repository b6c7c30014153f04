/** Two threads with a connection between them, each on a processor of its own where there are two. */

import { moduleBeside } from '../../../../core/module-beside.ts';
import * as k from '../../../../kernel/index.ts';
import { loopback, must, portOf, Sockets } from '../shared/sockets.ts';
import { Thread } from '../shared/thread.ts';
import type { Answer, Ask, Done, Drain, Pour } from './tasks.ts';

/** Options of the two sockets, set before they connect. */
export interface Setup {
  readonly client?: k.SocketOptions;
  readonly server?: k.SocketOptions;
}

type ClientTask = Pour | Ask;
type ServerTask = Drain | Answer;
/** A task without the descriptor, which the duel fills in. */
type Open<Task> = Task extends { readonly fd: number } ? Omit<Task, 'fd'> : never;

export interface Outcome {
  readonly client: Done;
  readonly server: Done;
  /** As they were when both had ended. */
  readonly clientInfo: k.TcpInfo;
  readonly serverInfo: k.TcpInfo;
  /** SO_SNDBUF of the client and SO_RCVBUF of the server, as the kernel tells them, bytes. */
  readonly sendBuffer: number;
  readonly receiveBuffer: number;
}

export class Duel implements AsyncDisposable {
  /** Of client and server; `null` where there is only one. */
  readonly processors: readonly [number, number] | null;
  readonly #client: Thread<ClientTask, Done>;
  readonly #server: Thread<ServerTask, Done>;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    this.processors = twoProcessors();
    const module = moduleBeside(import.meta.url, 'buffers-thread');
    this.#client = new Thread(module, { processor: this.processors?.[0] ?? null });
    this.#server = new Thread(module, { processor: this.processors?.[1] ?? null });
  }

  /** One connection: the client does one thing and the server the other, both to their end. */
  async play(setup: Setup, client: Open<ClientTask>, server: Open<ServerTask>): Promise<Outcome> {
    this.#signal.throwIfAborted();
    using sockets = new Sockets();
    const [left, right] = connectPair(sockets, setup);
    const buffers = {
      sendBuffer: k.getSocketOption(left, 'ipv4', 'sendBuffer'),
      receiveBuffer: k.getSocketOption(right, 'ipv4', 'receiveBuffer'),
    };
    const wake = () => sockets.shutdown();
    this.#signal.addEventListener('abort', wake);
    const [clientEnd, serverEnd] = await Promise.allSettled([
      this.#wakeOnFailure(this.#client.run({ ...client, fd: left } as ClientTask), wake),
      this.#wakeOnFailure(this.#server.run({ ...server, fd: right } as ServerTask), wake),
    ]);
    this.#signal.removeEventListener('abort', wake);
    this.#signal.throwIfAborted();
    if (clientEnd.status === 'rejected') throw clientEnd.reason;
    if (serverEnd.status === 'rejected') throw serverEnd.reason;
    const infos = { clientInfo: infoOf(left), serverInfo: infoOf(right) };
    return { client: clientEnd.value, server: serverEnd.value, ...infos, ...buffers };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#client.end(), this.#server.end()]);
  }

  /** One side that fails would leave the other waiting for it. */
  async #wakeOnFailure(task: Promise<Done>, wake: () => void): Promise<Done> {
    try {
      return await task;
    } catch (error) {
      wake();
      throw error;
    }
  }
}

function connectPair(sockets: Sockets, { client, server }: Setup): [client: number, server: number] {
  const listener = sockets.tcp(true);
  k.setSocketOptions(listener, 'ipv4', server ?? {});
  must(k.bind(listener, loopback()), 'Cannot bind to 127.0.0.1');
  must(k.listen(listener, 1), 'Cannot listen on 127.0.0.1');
  const left = sockets.tcp(true);
  k.setSocketOptions(left, 'ipv4', client ?? {});
  must(k.connect(left, loopback(portOf(listener))), 'Cannot connect on loopback');
  const right = sockets.own(k.accept4(listener, null, true), 'Cannot accept');
  sockets.close(listener);
  return [left, right];
}

function infoOf(fd: number): k.TcpInfo {
  const info = k.tcpInfo(fd);
  if (typeof info === 'number') throw k.kernelError(info, 'Cannot read TCP_INFO');
  return info;
}

function twoProcessors(): readonly [number, number] | null {
  const processors = k.threadProcessors();
  if (typeof processors === 'number' || processors.length < 2) return null;
  return [processors[0]!, processors[1]!];
}
