/** Work that takes about a millisecond here, and the same work everywhere: what differs is the server around it. */

const ROUNDS = 1_000;

/** The result, so that it is not optimised away. */
export function burn(): number {
  let value = 1;
  for (let round = 0; round < ROUNDS; round++) value = some(value);
  return value;
}

/** A function of its own, called often: one long loop is sometimes left to slower code. */
function some(from: number): number {
  let value = from;
  for (let round = 0; round < ROUNDS; round++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
}
