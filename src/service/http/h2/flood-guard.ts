/**
 * Counts what a client can send cheaply and a server must answer dearly, minute by minute. It sees heads of frames only and
 * knows no clock: whoever owns it says when a minute is over.
 */
import { FLAG, FRAME } from '../../../protocol/http2/index.ts';
import type { FloodLimits } from './options.ts';

/** Ms that the limits are about. */
export const FLOOD_SPAN = 60_000;

/** WINDOW_UPDATE frames that each stream and each DATA frame sent earns. Precedent: Envoy. */
const UPDATES_EARNED = 10;

/** Bytes of a padded DATA frame that may be nothing but padding. */
const PADDING = 256;

export type Flood = keyof FloodLimits;

export class FloodGuard {
  readonly #limits: FloodLimits;
  readonly #counts: Record<Flood, number> = noCounts();
  /** When the minute ends; on the clock of whoever owns it. */
  #ends: number;

  constructor(limits: FloodLimits, now: number) {
    this.#limits = limits;
    this.#ends = now + FLOOD_SPAN;
  }

  look(now: number): void {
    if (now < this.#ends) return;
    this.#ends = now + FLOOD_SPAN;
    Object.assign(this.#counts, noCounts());
  }

  /** A frame has come; gives the limit that it breaks. */
  onFrame(type: number, flags: number, length: number): Flood | undefined {
    if (type === FRAME.headers) this.#counts.windowUpdates -= UPDATES_EARNED;
    const kind = kindOf(type, flags, length);
    return kind === undefined ? undefined : this.count(kind);
  }

  /** A DATA frame has left. */
  onDataSent(): void {
    this.#counts.windowUpdates -= UPDATES_EARNED;
  }

  /** Gives the limit that is broken. */
  count(kind: Flood): Flood | undefined {
    this.#counts[kind]++;
    return this.#counts[kind] > this.#limits[kind] ? kind : undefined;
  }
}

function kindOf(type: number, flags: number, length: number): Flood | undefined {
  switch (type) {
    case FRAME.data:
      return isEmpty(flags, length) && (flags & FLAG.endStream) === 0 ? 'emptyFrames' : undefined;
    case FRAME.headers:
    case FRAME.continuation:
      return length === 0 && (flags & FLAG.endHeaders) === 0 ? 'emptyFrames' : undefined;
    case FRAME.priority:
    case FRAME.priorityUpdate:
      return 'priorities';
    case FRAME.rstStream:
      return 'resets';
    case FRAME.settings:
      return (flags & FLAG.ack) === 0 ? 'settings' : undefined;
    case FRAME.ping:
      return (flags & FLAG.ack) === 0 ? 'pings' : undefined;
    case FRAME.windowUpdate:
      return 'windowUpdates';
    case FRAME.goaway:
    case FRAME.pushPromise:
      return undefined;
    default:
      return 'unknownFrames';
  }
}

function isEmpty(flags: number, length: number): boolean {
  return length === 0 || ((flags & FLAG.padded) !== 0 && length <= PADDING);
}

function noCounts(): Record<Flood, number> {
  return {
    resets: 0,
    settings: 0,
    pings: 0,
    priorities: 0,
    windowUpdates: 0,
    emptyFrames: 0,
    unknownFrames: 0,
  };
}
