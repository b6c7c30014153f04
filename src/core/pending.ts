/** How much a wire takes from a sender that does not wait for `onDrain`. */
import { NetError } from './error.ts';

/** Bytes pending from which `push` returns `false`. Precedent: the default high-water mark of Node's sockets. */
export const PENDING_HIGH = 64 * 1024;

/**
 * Bytes pending from which one more `push` aborts the wire; a single push may be larger. Precedent: the hard limit of
 * Redis for subscribers (`client-output-buffer-limit pubsub 32mb`).
 */
export const PENDING_LIMIT = 32 * 1024 * 1024;

export function pendingLimitError(what: string): NetError {
  return new NetError(
    'limit',
    `${what}: ${PENDING_LIMIT} bytes wait to be sent and more were pushed; wait for onDrain, or await write()`,
  );
}
