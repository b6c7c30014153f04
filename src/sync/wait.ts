/** How long a wait lasts and what ends it, for all primitives. It knows none of them. */
import type { Abortable } from '../core/contract.ts';
import { NetError } from '../core/error.ts';

/** For the waits that give a promise. */
export interface WaitOptions extends Abortable {
  /** Milliseconds until the wait rejects with `timeout`; default Infinity. */
  readonly timeout?: number | undefined;
  /** Do not keep the thread's event loop alive for this wait. */
  readonly background?: boolean | undefined;
}

/** The longest timeout, in ms, but for Infinity. Precedent: `setTimeout`. */
export const MAX_TIMEOUT = 2 ** 31 - 1;

/** @throws NetError `limit` for anything but 0 to `MAX_TIMEOUT` and Infinity */
export function checkTimeout(timeout: number): void {
  if ((timeout >= 0 && timeout <= MAX_TIMEOUT) || timeout === Number.POSITIVE_INFINITY) return;
  throw new NetError('limit', `A timeout is 0 to ${MAX_TIMEOUT} ms or Infinity, not ${timeout}`);
}

export function timeoutError(what: string, timeout: number): NetError {
  return new NetError('timeout', `Cannot ${what}: it was not possible within ${timeout} ms`);
}

/** When a wait that begins now is over, in ms of `performance.now()`. */
export function deadlineOf(timeout: number): number {
  return timeout === Number.POSITIVE_INFINITY ? timeout : performance.now() + timeout;
}

/** Milliseconds until the deadline, at least 0. */
export function remaining(deadline: number): number {
  if (deadline === Number.POSITIVE_INFINITY) return deadline;
  return Math.max(0, deadline - performance.now());
}
