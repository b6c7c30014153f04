/** What everything above asks of an event loop, whether it is hosted on Node's or owns the thread. */
import type { Clock } from '../core/clock.ts';
import type { IoHandler } from './watches.ts';

export interface Loop extends Clock {
  /**
   * Calls `handler` for as long as `fd` is ready for `interest`; with `ON_CHANGE` in it, once for each change where the
   * poller can. One watch a descriptor.
   * @throws NetError `limit` when the poller can take no more.
   */
  watch(fd: number, interest: number, handler: IoHandler): void;
  modify(fd: number, interest: number): void;
  /** Hands the events of a watched descriptor to another handler. */
  replace(fd: number, handler: IoHandler): void;
  /** Stops watching. Events that were already fetched are dropped. */
  unwatch(fd: number): void;
  /** As `unwatch`, for a descriptor that the caller closes at once and has not duplicated: a call cheaper. */
  forget(fd: number): void;
  /** Runs `task` when the events at hand have been served, before the loop waits again. */
  defer(task: () => void): void;
  readonly lag: Lag;
}

/**
 * How long single turns of the loop took, in ms: as long, everything else had to wait. On a standing loop the promises that
 * a turn settled are part of it; on Node's loop they run after it and are not.
 */
export interface Lag {
  readonly last: number;
  /** Exponential moving average; each turn weighs 1/16. */
  readonly mean: number;
  readonly max: number;
}

export class LagMeter implements Lag {
  last = 0;
  mean = 0;
  max = 0;

  record(duration: number): void {
    this.last = duration;
    this.mean += (duration - this.mean) / 16;
    if (duration > this.max) this.max = duration;
  }
}
