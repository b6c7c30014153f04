/**
 * The engine: what turns descriptors into wires. Transports of the kernel driver ask it and never the poller, so that
 * another engine (completion on io_uring) can take this one's place.
 */
import type { Acceptor } from '../core/accept-queue.ts';
import type { Clock } from '../core/clock.ts';
import type { Endpoints } from '../core/connection.ts';
import type { Wire } from '../core/contract.ts';
import type { Sockaddr } from '../kernel/index.ts';
import { type AcceptHandler, type AcceptOptions, FdAcceptor } from './acceptor.ts';
import { connectFd } from './connect-fd.ts';
import { DatagramWire } from './datagram-wire.ts';
import { hostedLoop } from './hosted-loop.ts';
import type { Loop } from './loop.ts';
import { ReadBuffer } from './read-buffer.ts';
import { StreamWire } from './stream-wire.ts';

export interface Engine {
  /** For deadlines: time stands where the loop's does. */
  readonly clock: Clock;
  /**
   * The wire of a connected stream socket; the descriptor is the wire's from now on.
   * @param endpoints named in errors
   * @param canReset whether `abort` can send a reset: TCP can, Unix sockets cannot
   */
  wire(fd: number, endpoints: Endpoints, canReset: boolean): Wire;
  /** Accepts on a listening socket; the descriptor is the acceptor's from now on. */
  accept(fd: number, handler: AcceptHandler, options?: AcceptOptions): Acceptor;
  /** Connects a socket, and closes it when that fails. */
  connect(fd: number, address: Sockaddr, what: string, signal?: AbortSignal): Promise<void>;
  /**
   * The wire of a datagram socket; the descriptor is the wire's from now on.
   * @param size bytes of the longest datagram that is received whole
   * @param what named in errors
   */
  datagrams(fd: number, size: number, what: string): DatagramWire;
}

/** Readiness: the loop says when a descriptor can be read or written, and the wire then does it. */
export class ReadinessEngine implements Engine {
  readonly loop: Loop;
  readonly #buffer = new ReadBuffer();

  constructor(loop: Loop) {
    this.loop = loop;
  }

  get clock(): Clock {
    return this.loop;
  }

  wire(fd: number, endpoints: Endpoints, canReset: boolean): StreamWire {
    return new StreamWire(fd, this.loop, this.#buffer, endpoints, canReset);
  }

  accept(fd: number, handler: AcceptHandler, options?: AcceptOptions): FdAcceptor {
    return new FdAcceptor(fd, this.loop, handler, options);
  }

  connect(fd: number, address: Sockaddr, what: string, signal?: AbortSignal): Promise<void> {
    return connectFd(this.loop, fd, address, what, signal);
  }

  datagrams(fd: number, size: number, what: string): DatagramWire {
    return new DatagramWire(fd, this.loop, size, what);
  }
}

let shared: ReadinessEngine | undefined;

/** The engine of this thread, hosted on Node's loop; made when first asked for. */
export function defaultEngine(): ReadinessEngine {
  shared ??= new ReadinessEngine(hostedLoop());
  return shared;
}
