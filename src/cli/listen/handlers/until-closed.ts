/** What handlers at push level wait for. */
import type { HalfCloseable } from '../../../core/index.ts';

/**
 * Settles when the connection has closed, and rejects when it broke; at the latest when the server drains, so that it is
 * closed in order with what was given to it.
 */
export async function untilClosed(connection: HalfCloseable, draining: AbortSignal): Promise<void> {
  if (draining.aborted) return;
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const leave = (): void => resolve(undefined);
  draining.addEventListener('abort', leave, { once: true });
  void connection.closed.then(resolve);
  const reason = await promise;
  draining.removeEventListener('abort', leave);
  if (reason !== undefined) throw reason;
}
