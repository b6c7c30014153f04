/**
 * Whether a silent peer is still there: after a while without a byte a ping is due, and when nothing follows it the peer is gone.
 * Nothing is counted per message: it only looks, when its deadline comes, whether anything came since it looked last.
 */

export class Keepalive {
  readonly #interval: number;
  readonly #patience: number;
  #hasHeard = false;
  #isAsked = false;
  #at: number;

  /**
   * @param interval ms of silence until a ping, at most twice that
   * @param patience ms from the ping until the peer counts as gone
   */
  constructor(interval: number, patience: number, now: number) {
    this.#interval = interval;
    this.#patience = patience;
    this.#at = now + interval;
  }

  /** When `timeout` is to be called next. */
  get deadline(): number {
    return this.#at;
  }

  /** Something came. */
  heard(): void {
    this.#hasHeard = true;
  }

  /** What is due. */
  timeout(now: number): 'nothing' | 'ping' | 'gone' {
    if (now < this.#at) return 'nothing';
    if (this.#isAsked && !this.#hasHeard) return 'gone';
    const isSilent = !this.#hasHeard;
    this.#hasHeard = false;
    this.#isAsked = isSilent;
    this.#at = now + (isSilent ? this.#patience : this.#interval);
    return isSilent ? 'ping' : 'nothing';
  }
}
