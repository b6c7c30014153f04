/** Masking keys that nobody can foresee (RFC 6455 section 5.3). Taking random numbers one by one would cost more than masking. */

const POOL = 2048;
let keys: Uint32Array<ArrayBuffer> | undefined;
let next = POOL;

/** Four random bytes as a number. */
export function randomMaskKey(): number {
  keys ??= new Uint32Array(POOL);
  if (next === POOL) {
    crypto.getRandomValues(keys);
    next = 0;
  }
  return keys[next++]!;
}
