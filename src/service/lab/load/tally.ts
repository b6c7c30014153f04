/** What is counted while a load runs. It does not know how the load is made. */
import { NetError } from '../../../core/index.ts';
import { Histogram } from './histogram.ts';

/** One kind of failure. */
export interface LoadError {
  /** While connecting, or while a request was under way. */
  readonly when: 'connect' | 'request';
  /** `ECONNRESET`: the system's name where there is one; else `timeout`, `ended`, or a code of `NetError`. */
  readonly code: string;
  readonly count: number;
  /** The first of them, in words. */
  readonly message: string;
}

export class Tally {
  /** In the measurement. */
  requests = 0;
  sent = 0;
  received = 0;
  slowRequests = 0;
  /** From the beginning: a failure of the warm-up is one. */
  wrong = 0;
  opened = 0;
  lost = 0;
  readonly latency = new Histogram();
  readonly slowLatency = new Histogram();
  readonly connectLatency = new Histogram();
  readonly #errors = new Map<string, { -readonly [Key in keyof LoadError]: LoadError[Key] }>();
  /** Answers from the beginning. */
  answered = 0;
  failed = 0;

  /** The measurement begins: what the warm-up counted is forgotten, but for what went wrong. */
  beginMeasuring(): void {
    this.requests = 0;
    this.sent = 0;
    this.received = 0;
    this.slowRequests = 0;
    this.latency.clear();
    this.slowLatency.clear();
  }

  answer(latency: number, isSlow: boolean): void {
    this.answered++;
    if (isSlow) {
      this.slowRequests++;
      this.slowLatency.record(latency);
    } else {
      this.requests++;
      this.latency.record(latency);
    }
  }

  fail(when: LoadError['when'], error: Error, count = 1): void {
    const code = codeOf(error);
    const key = `${when} ${code}`;
    const known = this.#errors.get(key);
    if (known === undefined) this.#errors.set(key, { when, code, count, message: error.message });
    else known.count += count;
    this.failed += count;
  }

  /** The most frequent first. */
  get errors(): LoadError[] {
    return [...this.#errors.values()].toSorted((a, b) => b.count - a.count);
  }
}

/** The end of the peer's half while answers were due is no error of the system's, and has no code of its own. */
export class PeerEnded extends NetError {
  constructor() {
    super('broken', 'The server ended the connection before it had answered', { errno: 'ended' });
  }
}

function codeOf(error: Error): string {
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  if (typeof errno === 'string') return errno;
  return typeof code === 'string' ? code : 'broken';
}
