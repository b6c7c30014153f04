/** A non-blocking connect(2), waited for on a loop. */
import {
  close,
  connect,
  EAGAIN,
  EINPROGRESS,
  kernelError,
  type Sockaddr,
  socketError,
} from '../kernel/index.ts';
import type { Loop } from './loop.ts';
import { WRITABLE } from './poller.ts';

/** A Unix socket whose backlog is full says EAGAIN at once and is never polled writable (unix(7)): asked again after so many ms. */
const RETRY = 10;

/**
 * Connects `fd`, which is closed when that fails.
 * @param what what is attempted, for the error: `Cannot connect to tcp://…`
 * @param signal ends the attempt; the promise rejects with its reason
 */
export function connectFd(
  loop: Loop,
  fd: number,
  address: Sockaddr,
  what: string,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stop = (): void => {};
    const settle = (error?: unknown): void => {
      stop();
      signal?.removeEventListener('abort', onAbort);
      if (error === undefined) resolve();
      else {
        close(fd);
        reject(error);
      }
    };
    const onAbort = (): void => settle(signal?.reason);
    const wait = (): void => {
      try {
        stop = whenWritable(loop, fd, () => settle(outcome(fd, what)));
      } catch (error) {
        settle(error);
      }
    };
    const attempt = (): void => {
      const result = connect(fd, address);
      if (result === 0) settle();
      else if (result === -EINPROGRESS) wait();
      else if (result === -EAGAIN) stop = cancelLater(loop, attempt);
      else settle(kernelError(result, what));
    };
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    attempt();
  });
}

function whenWritable(loop: Loop, fd: number, ready: () => void): () => void {
  loop.watch(fd, WRITABLE, { onReady: ready });
  return () => loop.unwatch(fd);
}

function cancelLater(loop: Loop, attempt: () => void): () => void {
  const timer = loop.after(RETRY, attempt);
  return () => timer.cancel();
}

/** Writable says that it is over, SO_ERROR says how (connect(2), EINPROGRESS). */
function outcome(fd: number, what: string): Error | undefined {
  const result = socketError(fd);
  return result === 0 ? undefined : kernelError(result, what);
}
