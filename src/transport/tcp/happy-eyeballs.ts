/**
 * Happy Eyeballs, version 2 (RFC 8305): addresses of both families are tried in turn with a head start for each, and
 * the first that answers wins. It knows neither sockets nor names: both are handed in.
 */
import { type Clock, systemClock, type Timer } from '../../core/clock.ts';
import { NetError, systemError, toNetError } from '../../core/error.ts';
import { CONNECT_TIMEOUT } from '../options.ts';
import type { Candidate } from '../resolve.ts';

/** RFC 8305 section 8: the recommended Connection Attempt Delay, in ms. */
export const ATTEMPT_DELAY = 250;

export interface Race<T> {
  /** `Cannot connect to tcp://example.net:80` */
  readonly what: string;
  /** Rejects with what the whole race then rejects with. */
  readonly resolve: () => Promise<readonly Candidate[]>;
  /** Must reject soon after `signal` fired. */
  readonly connectOne: (candidate: Candidate, signal: AbortSignal) => Promise<T>;
  /** Gets rid of one that came too late. */
  readonly discard: (late: T) => void;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Milliseconds in all; default `CONNECT_TIMEOUT`. */
  readonly timeout?: number | undefined;
  /** Milliseconds; default `ATTEMPT_DELAY`. */
  readonly attemptDelay?: number | undefined;
}

/**
 * Connects to the first candidate that answers.
 * @throws NetError `timeout` at the deadline; otherwise the code of the first failure. Both name every attempt's.
 */
export function raceConnections<T>(race: Race<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (race.signal?.aborted) reject(race.signal.reason);
    else new Runner(race, resolve, reject).start();
  });
}

/** Alternates the families, beginning with that of the first address (RFC 8305 section 4). */
export function interleave(candidates: readonly Candidate[]): Candidate[] {
  const first = candidates[0]?.family;
  const preferred = candidates.filter(({ family }) => family === first);
  const others = candidates.filter(({ family }) => family !== first);
  const mixed: Candidate[] = [];
  for (let at = 0; at < Math.max(preferred.length, others.length); at++) {
    if (preferred[at] !== undefined) mixed.push(preferred[at]!);
    if (others[at] !== undefined) mixed.push(others[at]!);
  }
  return mixed;
}

interface Attempt {
  readonly candidate: Candidate;
  failure?: unknown;
}

class Runner<T> {
  readonly #race: Race<T>;
  readonly #clock: Clock;
  readonly #resolve: (value: T) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #losers = new AbortController();
  readonly #attempts: Attempt[] = [];
  #waiting: Candidate[] = [];
  #running = 0;
  #settled = false;
  #delay: Timer | undefined;
  #deadline: Timer | undefined;

  constructor(race: Race<T>, resolve: (value: T) => void, reject: (reason: unknown) => void) {
    this.#race = race;
    this.#clock = race.clock ?? systemClock;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  start(): void {
    const timeout = this.#race.timeout ?? CONNECT_TIMEOUT;
    this.#deadline = this.#clock.after(timeout, () => this.#fail(this.#timedOut(timeout)));
    this.#race.signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#race.resolve().then(
      (candidates) => {
        this.#waiting = interleave(candidates);
        this.#next();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  readonly #onAbort = (): void => this.#fail(this.#race.signal!.reason);

  #next(): void {
    if (this.#settled) return;
    this.#delay?.cancel();
    const candidate = this.#waiting.shift();
    if (candidate !== undefined) this.#try(candidate);
    else if (this.#running === 0) this.#fail(this.#allFailed());
  }

  #try(candidate: Candidate): void {
    const attempt: Attempt = { candidate };
    this.#attempts.push(attempt);
    this.#running++;
    if (this.#waiting.length > 0) {
      this.#delay = this.#clock.after(this.#race.attemptDelay ?? ATTEMPT_DELAY, () => this.#next());
    }
    this.#race.connectOne(candidate, this.#losers.signal).then(
      (value) => this.#win(value),
      (failure: unknown) => {
        this.#running--;
        attempt.failure = failure;
        this.#next();
      },
    );
  }

  #win(value: T): void {
    if (this.#settled) {
      this.#race.discard(value);
      return;
    }
    this.#settle();
    this.#resolve(value);
  }

  #fail(reason: unknown): void {
    if (this.#settled) return;
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.#settled = true;
    this.#delay?.cancel();
    this.#deadline?.cancel();
    this.#race.signal?.removeEventListener('abort', this.#onAbort);
    this.#losers.abort();
  }

  #allFailed(): NetError {
    const [first] = this.#attempts;
    if (first === undefined) return systemError('ENOTFOUND', this.#race.what);
    const error = describe(first.failure, this.#race.what);
    if (this.#attempts.length === 1) return error;
    return new NetError(error.code, `${this.#race.what}: ${this.#story()}`, {
      errno: error.errno,
      cause: new AggregateError(this.#attempts.map(({ failure }) => failure)),
    });
  }

  #timedOut(timeout: number): NetError {
    const story = this.#attempts.length === 0 ? 'the name was not resolved' : this.#story();
    return new NetError('timeout', `${this.#race.what}: timed out after ${timeout} ms; ${story}`, {
      errno: 'ETIMEDOUT',
    });
  }

  #story(): string {
    return this.#attempts
      .map(({ candidate, failure }) =>
        failure === undefined ? `${candidate.host}: no answer` : describe(failure, candidate.host).message,
      )
      .join(', ');
  }
}

/** The failure of one attempt, told of `what`. */
function describe(failure: unknown, what: string): NetError {
  if (!(failure instanceof NetError)) return toNetError(failure, what);
  if (failure.errno !== undefined) return systemError(failure.errno, what, { cause: failure });
  return new NetError(failure.code, `${what}: ${failure.message}`, { cause: failure });
}
