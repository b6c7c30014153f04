/**
 * A rejection that whoever does not wait for it may leave alone. Not everybody awaits a write or a close: that the peer
 * is gone must not end the process because of it. It is told by `closed` all the same.
 */
export function rejected(reason: unknown): Promise<never> {
  const promise = Promise.reject(reason);
  promise.catch(() => {});
  return promise;
}
