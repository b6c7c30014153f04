/** What handlers at push level wait for. */
import type { HalfCloseable } from '../../../core/index.ts';

/** Of each server in this thread, those that wait for its drain: with one listener for all, leaving costs nothing. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Settles when the connection has closed, and rejects when it broke; at the latest when the server drains, so that it is
 * closed in order with what was given to it.
 */
export async function untilClosed(connection: HalfCloseable, draining: AbortSignal): Promise<void> {
  if (draining.aborted) return;
  const all = waiting.get(draining) ?? watch(draining);
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const leave = (): void => resolve(undefined);
  all.add(leave);
  void connection.closed.then(resolve);
  const reason = await promise;
  all.delete(leave);
  if (reason !== undefined) throw reason;
}

function watch(draining: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  waiting.set(draining, all);
  const leaveAll = (): void => {
    for (const leave of all) leave();
  };
  draining.addEventListener('abort', leaveAll, { once: true });
  return all;
}
