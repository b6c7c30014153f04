/**
 * What all connections of one handler share in a loop: its settings, one timer for all deadlines, the date, the outbox, the
 * counts. It knows no byte of HTTP.
 */
import type { Timer } from '../../../core/index.ts';
import type { HttpHandler } from '../contract.ts';
import { logTo } from './access-log.ts';
import {
  type HttpFaultEvent,
  type HttpRequestEvent,
  httpErrors,
  httpFaults,
  httpRequests,
} from './diagnostics.ts';
import { DRAIN_QUIET, type HttpOptions, type HttpSettings, httpSettings } from './options.ts';
import { Outbox } from './outbox.ts';

/** Ms between two looks at all deadlines; less when one of them is short. A deadline passes at most two looks late. */
const LOOK = 1_000;

/** Looks in the shortest deadline. */
const LOOKS = 4;

/** What the host looks after. */
export interface Guest {
  /** @param now ms of the host's clock; @param passed ms since the last look */
  look(now: number, passed: number): void;
  /** The moment is over in which what was under way at the beginning of a drain may arrive. */
  onQuiet(): void;
}

/** Since the beginning. */
export interface HttpCounts {
  /** Heads that came whole. */
  readonly requests: number;
  /** Being answered now. */
  readonly active: number;
  /** Refused before they reached the handler. */
  readonly faults: number;
  /** Handlers that failed. */
  readonly errors: number;
  /** Connections that left HTTP. */
  readonly upgrades: number;
}

export class HttpHost {
  readonly handler: HttpHandler;
  readonly settings: HttpSettings;
  readonly outbox: Outbox = new Outbox();
  readonly counts = { requests: 0, active: 0, faults: 0, errors: 0, upgrades: 0 };
  /** Ms of the clock at the last look. */
  now: number;
  readonly look: number;
  readonly #guests = new Set<Guest>();
  #timer: Timer | undefined;
  #quiet: Timer | undefined;
  #date = '';
  #dateEnds = 0;

  constructor(handler: HttpHandler, options: HttpOptions) {
    this.handler = handler;
    this.settings = httpSettings(options);
    this.now = this.settings.clock.now();
    this.look = lookOf(this.settings);
  }

  add(guest: Guest): void {
    this.#guests.add(guest);
    if (this.#timer === undefined) this.#start();
  }

  delete(guest: Guest): void {
    this.#guests.delete(guest);
  }

  /** When something that begins now has taken `timeout` ms, in the time of `now`: never too early. */
  after(timeout: number): number {
    return this.now + timeout + this.look;
  }

  /** The value of the field Date (RFC 9110, section 6.6.1). */
  get date(): string {
    const now = Date.now();
    if (now >= this.#dateEnds || now < this.#dateEnds - 1_000) {
      this.#date = new Date(now).toUTCString();
      this.#dateEnds = now - (now % 1_000) + 1_000;
    }
    return this.#date;
  }

  /** Some of the connections are told to end. What is on its way to those that are idle has a moment to arrive. */
  drain(): void {
    if (this.#quiet !== undefined) return;
    this.#quiet = this.settings.clock.after(DRAIN_QUIET, () => {
      this.#quiet = undefined;
      for (const guest of this.#guests) guest.onQuiet();
    });
  }

  get isObserved(): boolean {
    return this.settings.accessLog !== undefined || httpRequests.hasSubscribers;
  }

  tellRequest(event: HttpRequestEvent): void {
    if (httpRequests.hasSubscribers) httpRequests.publish(event);
    if (this.settings.accessLog !== undefined) logTo(this.settings.accessLog, event);
  }

  tellError(error: Error, request: Request | undefined): void {
    this.counts.errors++;
    if (httpErrors.hasSubscribers) httpErrors.publish({ error, request });
    this.settings.onError?.(error, request);
  }

  tellFault(fault: HttpFaultEvent): void {
    this.counts.faults++;
    if (httpFaults.hasSubscribers) httpFaults.publish(fault);
  }

  #start(): void {
    const { clock } = this.settings;
    this.now = clock.now();
    const again = (): void => {
      this.#timer =
        this.#guests.size === 0 ? undefined : clock.after(this.look, lookAtAll, { background: true });
    };
    const lookAtAll = (): void => {
      const passed = clock.now() - this.now;
      this.now += passed;
      for (const guest of this.#guests) guest.look(this.now, passed);
      again();
    };
    again();
  }
}

function lookOf(settings: HttpSettings): number {
  const { headerTimeout, bodyTimeout, keepAliveTimeout, writeTimeout, handlerTimeout } = settings;
  const shortest = Math.min(headerTimeout, bodyTimeout, keepAliveTimeout, writeTimeout, handlerTimeout);
  return Math.max(1, Math.min(LOOK, Math.floor(shortest / LOOKS)));
}
