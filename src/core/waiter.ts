/** The one pending wait of a reader, which a signal may end. */

export interface Waiter<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/**
 * A waiter from the two functions of a promise. When `signal` fires first, `forget` is called, to clear the place
 * where the waiter is kept, and the promise rejects with `signal.reason`.
 */
export function waiter<T>(
  resolve: (value: T) => void,
  reject: (reason: unknown) => void,
  signal: AbortSignal | undefined,
  forget: () => void,
): Waiter<T> {
  if (signal === undefined) return { resolve, reject };
  const onAbort = (): void => {
    forget();
    reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const stop = (): void => signal.removeEventListener('abort', onAbort);
  return {
    resolve(value) {
      stop();
      resolve(value);
    },
    reject(reason) {
      stop();
      reject(reason);
    },
  };
}
