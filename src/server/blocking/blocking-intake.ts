/**
 * Accepts sockets for blocking threads in the server's own thread, and takes a place for each. It does not know who
 * serves them.
 */
import type { Acceptor } from '../../core/index.ts';
import { decodeSockaddr, socketCookie } from '../../kernel/index.ts';
import { defaultEngine } from '../../loop/index.ts';
import type { Site } from '../crew.ts';
import { ACCEPTOR, type Accepted } from './blocking-record.ts';
import { reset } from './blocking-reset.ts';

/** Ms until it looks again for a place: they become free without a word. */
const FULL_RETRY = 20;

export class BlockingIntake {
  readonly #site: Site;
  readonly #deliver: (accepted: Accepted) => void;
  readonly #acceptor: Acceptor;
  #held: { fd: number; peer: Uint8Array } | undefined;
  #retry: NodeJS.Timeout | undefined;
  #isPaused = false;
  #isClosed = false;

  constructor(site: Site, deliver: (accepted: Accepted) => void) {
    this.#site = site;
    this.#deliver = deliver;
    this.#acceptor = defaultEngine().accept(
      site.socket!.fd,
      {
        onAccept: (fd, peer) => this.#take(fd, peer.copy()),
        onTrouble: (error) => site.publish({ event: 'trouble', message: error.message, error }),
        onClose: (error) => site.lost(error),
      },
      { borrowed: true },
    );
  }

  /** Accepted and without a place. */
  get queued(): number {
    return this.#held === undefined ? 0 : 1;
  }

  /** No connection comes until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#acceptor.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#held === undefined && !this.#isClosed) this.#acceptor.resume();
  }

  /** Accepts no more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#acceptor.close();
    clearTimeout(this.#retry);
    this.#dropHeld();
  }

  /** Nobody has read from it: the peer may try elsewhere. */
  #dropHeld(): void {
    if (this.#held === undefined) return;
    reset(this.#held.fd);
    this.#held = undefined;
    const message = 'A connection was dropped: the server closed before there was a place for it';
    this.#site.publish({ event: 'trouble', message });
  }

  #take(fd: number, peer: Uint8Array): void {
    const { scoreboard } = this.#site.roster;
    const slot = scoreboard.claim(ACCEPTOR, this.#addressOf(peer));
    if (slot === 'refused') reset(fd);
    else if (slot === 'full') this.#hold(fd, peer);
    else {
      scoreboard.setSocket(slot, fd, socketCookie(fd) ?? 0n);
      this.#deliver({ fd, slot, at: process.hrtime.bigint(), peer });
    }
  }

  #hold(fd: number, peer: Uint8Array): void {
    this.#held = { fd, peer };
    this.#acceptor.pause();
    this.#retry = setTimeout(() => this.#takeHeld(), FULL_RETRY);
  }

  #takeHeld(): void {
    const held = this.#held!;
    this.#held = undefined;
    this.#take(held.fd, held.peer);
    if (!this.#isPaused) this.resume();
  }

  /** '' where addresses are not limited. */
  #addressOf(peer: Uint8Array): string {
    if (this.#site.settings.maxPerAddress === 0) return '';
    const decoded = decodeSockaddr(peer);
    return decoded.family === 'unix' ? '' : decoded.host;
  }
}
