/** What the pollers are measured on: how many connections, how many of them active, for how long. Plain data, for both processes. */
import type { PollerName } from '../../../../loop/index.ts';

/** One way of asking. */
export interface Contender {
  readonly name: string;
  readonly poller: PollerName;
  /** Asks for changes (EPOLLET) in place of states. */
  readonly onChange: boolean;
}

export const CONTENDERS: readonly Contender[] = [
  { name: 'select', poller: 'select', onChange: false },
  { name: 'poll', poller: 'poll', onChange: false },
  { name: 'epoll', poller: 'epoll', onChange: false },
  { name: 'epoll, edge-triggered', poller: 'epoll', onChange: true },
];

/** Connections that have something to read in each round. */
export const FEW = 10;

export type Activity = 'few' | 'half';

export function activeOf(activity: Activity, connections: number): number {
  return activity === 'few' ? Math.min(FEW, connections) : Math.ceil(connections / 2);
}

export interface Plan {
  /** Numbers of connections, rising. */
  readonly points: readonly number[];
  /** Measurements of each contender at each point. */
  readonly blocks: number;
  /** Milliseconds that one measurement takes at least. */
  readonly blockTime: number;
}

export const FULL: Plan = {
  points: [10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000],
  blocks: 7,
  blockTime: 40,
};

export const QUICK: Plan = { points: [10, 100, 500, 1_000, 5_000], blocks: 3, blockTime: 20 };

/** Both ends of each connection are in the process that measures. */
const PER_CONNECTION = 2;

/** Left to Node, to the poller, and to the call that makes the next pair. */
const RESERVED = 64;

/** What is worth a point in place of one that was left out, compared with the one before. */
const WORTH = 1.5;

export interface Fitted {
  readonly points: readonly number[];
  /** Points for which this process may not have enough descriptors. */
  readonly left: readonly number[];
  /** Measured in their place: the most that fits. */
  readonly instead: number | null;
}

/** @param limit descriptors that the process may have (RLIMIT_NOFILE) */
export function fitPoints(points: readonly number[], limit: number): Fitted {
  const room = Math.floor((limit - RESERVED) / PER_CONNECTION);
  const [fits, left] = [points.filter((n) => n <= room), points.filter((n) => n > room)];
  const most = room >= 200 ? Math.floor(room / 100) * 100 : room;
  const instead = left.length > 0 && most > (fits.at(-1) ?? 0) * WORTH ? most : null;
  return { points: instead === null ? fits : [...fits, instead], left, instead };
}

/** Descriptors that a point needs. */
export function descriptorsFor(connections: number): number {
  return connections * PER_CONNECTION + RESERVED;
}

/** What was measured for one contender at one point, in seconds; medians. */
export interface Sample {
  readonly contender: string;
  readonly activity: Activity;
  readonly connections: number;
  readonly active: number;
  /** From the wait to the last byte read; `null` where the poller cannot watch so many. */
  readonly round: number | null;
  /** The part of it inside the wait. */
  readonly wait: number | null;
}

/** What the process that measures says. */
export interface Outcome {
  readonly samples: readonly Sample[];
  readonly fitted: Fitted;
  /** RLIMIT_NOFILE. */
  readonly limit: number;
  /** Descriptors that the process had before it made connections. */
  readonly held: number;
}

export type Report =
  | { readonly kind: 'step'; readonly done: number; readonly of: number; readonly what: string }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };
