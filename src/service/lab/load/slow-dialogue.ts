/** A connection of a slow client: its request trickles, and it reads only now and then, as on a bad line, or to annoy. */
import type { Bytes, HalfCloseable, Timer } from '../../../core/index.ts';
import type { Demand } from './demand.ts';
import { Dialogue, type Ending, type Setting } from './dialogue.ts';

export class SlowDialogue extends Dialogue {
  readonly #interval: number;
  readonly #timers = new Set<Timer>();

  /** @param interval ms between two bytes, and between two reads */
  constructor(
    setting: Setting,
    connection: HalfCloseable,
    request: Bytes,
    demand: Demand,
    interval: number,
    onEnding: (ending: Ending) => void,
  ) {
    // Its bytes are mixed up when two requests trickle at the same time.
    super({ ...setting, depth: 1 }, connection, request, demand, onEnding);
    this.#interval = interval;
  }

  protected override get isSlow(): boolean {
    return true;
  }

  override stop(): void {
    super.stop();
    for (const timer of this.#timers) timer.cancel();
  }

  override onData(chunk: Bytes): void {
    this.wire.pause();
    this.#later(() => this.wire.resume());
    super.onData(chunk);
  }

  protected override send(): void {
    this.#trickle(0);
  }

  /** The deadline for the answer counts from the last byte: before it the server cannot answer. */
  #trickle(at: number): void {
    if (this.isOver) return;
    this.push(this.request.subarray(at, at + 1));
    this.restartDeadline();
    if (at + 1 < this.request.length) this.#later(() => this.#trickle(at + 1));
  }

  #later(action: () => void): void {
    const timer = this.setting.clock.after(
      this.#interval,
      () => {
        this.#timers.delete(timer);
        action();
      },
      { background: true },
    );
    this.#timers.add(timer);
  }
}
