/** One deadline at a time, which either stands or is put off for as long as something moves. */
import type { Clock, Timer } from '../../../core/index.ts';

/** Longest delay that a timer takes: 2^31 - 1 ms, about 24.8 days. */
const LONGEST = 0x7fff_ffff;

export class Watch {
  readonly #clock: Clock;
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * In place of the deadline before. With a `probe`, the deadline passes only when that gives the same number twice, `ms`
   * apart: silence is noticed after between one and two times `ms`, and a byte costs nothing.
   * @param ms 0 or infinite: never
   */
  arm(ms: number, onOver: () => void, probe?: () => number): void {
    this.stop();
    if (ms <= 0 || !Number.isFinite(ms)) return;
    const last = probe?.();
    this.#timer = this.#clock.after(Math.min(ms, LONGEST), () => {
      if (probe !== undefined && probe() !== last) this.arm(ms, onOver, probe);
      else onOver();
    });
  }

  /** Ms for whoever takes no "never". */
  static finite(ms: number): number {
    return ms > 0 ? Math.min(ms, LONGEST) : LONGEST;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
