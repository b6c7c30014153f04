/** A listening descriptor on a loop: accepts what waits, and stops while it must. It does not know what it accepts. */
import type { Acceptor } from '../core/accept-queue.ts';
import type { Timer } from '../core/clock.ts';
import {
  accept4,
  close,
  EAGAIN,
  ECONNABORTED,
  EHOSTUNREACH,
  EINTR,
  EMFILE,
  ENETDOWN,
  ENETUNREACH,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOTSUP,
  EPERM,
  EPROTO,
  ETIMEDOUT,
  kernelError,
  Sockaddr,
} from '../kernel/index.ts';
import type { Loop } from './loop.ts';
import { EXCLUSIVE, READABLE } from './poller.ts';
import type { IoHandler } from './watches.ts';

/** Connections accepted in a row before the established ones have their turn. Precedent: libuv and nginx bound it likewise. */
const MAX_ACCEPTS = 64;

/** Pause, in ms, when the system has no descriptor or memory left: a level-triggered loop would spin. Precedent: Go's net/http, up to 1 s. */
export const ACCEPT_RETRY = 100;

/** ENOPROTOOPT, EHOSTDOWN, ENONET. */
const OF_THE_NETWORK = [92, 112, 64];

/**
 * accept(2), Error handling: the connection was gone before it was accepted, a firewall forbids it, or an error of the
 * network that was pending on the new connection is passed on; the next may do.
 */
const PASSING = new Set(
  [
    ECONNABORTED,
    EINTR,
    EPROTO,
    EPERM,
    ENETDOWN,
    ENETUNREACH,
    EHOSTUNREACH,
    ENOTSUP,
    ETIMEDOUT,
    ...OF_THE_NETWORK,
  ].map((number) => -number),
);
const EXHAUSTED = new Set([-EMFILE, -ENFILE, -ENOBUFS, -ENOMEM]);

export interface AcceptHandler {
  /** @param peer reused for the next connection */
  onAccept(fd: number, peer: Sockaddr): void;
  /** Accepting failed and goes on, at once or after `ACCEPT_RETRY`. Told once for a row of failures. */
  onTrouble(error: Error): void;
  /** The socket is unusable. */
  onClose(error: Error): void;
}

export interface AcceptOptions {
  /**
   * Others accept on the same socket: one of them is woken for a connection, and it takes one at a time, so that those
   * that have less to do take more. Precedent: nginx, `multi_accept off`.
   */
  readonly shared?: boolean | undefined;
  /** The descriptor stays the caller's: closing the acceptor leaves it open. */
  readonly borrowed?: boolean | undefined;
}

export class FdAcceptor implements Acceptor, IoHandler {
  readonly #loop: Loop;
  readonly #handler: AcceptHandler;
  readonly #peer = new Sockaddr();
  readonly #shared: boolean;
  readonly #borrowed: boolean;
  #fd: number;
  #paused = false;
  #watched = false;
  #retry: Timer | undefined;
  #inTrouble = false;

  /** @param fd non-blocking and listening; the acceptor's from now on, unless it is borrowed */
  constructor(fd: number, loop: Loop, handler: AcceptHandler, options: AcceptOptions = {}) {
    this.#fd = fd;
    this.#loop = loop;
    this.#handler = handler;
    this.#shared = options.shared === true;
    this.#borrowed = options.borrowed === true;
    this.#watch();
  }

  pause(): void {
    this.#paused = true;
    this.#listen(false);
  }

  resume(): void {
    this.#paused = false;
    if (this.#retry === undefined) this.#listen(true);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#retry?.cancel();
    if (this.#watched) this.#loop.unwatch(this.#fd);
    if (!this.#borrowed) close(this.#fd);
    this.#fd = -1;
  }

  onReady(): void {
    for (let accepts = 0; accepts < this.#burst && !this.#paused && this.#fd >= 0; accepts++) {
      const fd = accept4(this.#fd, this.#peer);
      if (fd >= 0) {
        this.#inTrouble = false;
        this.#handler.onAccept(fd, this.#peer);
        continue;
      }
      if (fd === -EAGAIN) return;
      if (PASSING.has(fd)) continue;
      this.#fail(fd);
      return;
    }
  }

  #fail(result: number): void {
    const error = kernelError(result, 'Cannot accept a connection');
    if (!EXHAUSTED.has(result)) {
      this.close();
      this.#handler.onClose(error);
      return;
    }
    this.#listen(false);
    this.#retry = this.#loop.after(ACCEPT_RETRY, () => {
      this.#retry = undefined;
      if (!this.#paused) this.#listen(true);
    });
    if (!this.#inTrouble) this.#handler.onTrouble(error);
    this.#inTrouble = true;
  }

  get #burst(): number {
    return this.#shared ? 1 : MAX_ACCEPTS;
  }

  #listen(on: boolean): void {
    if (this.#fd < 0) return;
    if (!this.#shared) this.#loop.modify(this.#fd, on ? READABLE : 0);
    else if (on !== this.#watched) this.#rewatch(on);
  }

  /** A watch that is exclusive cannot be modified (epoll_ctl(2)). */
  #rewatch(on: boolean): void {
    if (on) {
      this.#watch();
      return;
    }
    this.#watched = false;
    this.#loop.unwatch(this.#fd);
  }

  #watch(): void {
    this.#watched = true;
    this.#loop.watch(this.#fd, this.#shared ? READABLE | EXCLUSIVE : READABLE, this);
  }
}
