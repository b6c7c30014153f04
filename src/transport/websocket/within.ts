/** A part of a handshake, with a deadline and a signal; whoever passes either loses the connection. */
import type { Clock } from '../../core/clock.ts';
import type { Connection } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';

export interface Deadline {
  readonly clock: Clock;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** @throws NetError `timeout`, or the reason of the signal; the connection is aborted then */
export async function within<T>(
  connection: Connection,
  { clock, timeout, signal }: Deadline,
  step: () => Promise<T>,
): Promise<T> {
  const onTimeout = (): void =>
    connection.abort(new NetError('timeout', `the handshake took longer than ${timeout} ms`));
  const onAbort = (): void => connection.abort(signal!.reason);
  const timer = clock.after(timeout, onTimeout);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    signal?.throwIfAborted();
    return await step();
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}
