/** Work of a known length: the same number of rounds everywhere, so that waiting for a core is not taken for work. */

/** Its result, so that the work is not optimised away. */
export function burn(rounds: number): number {
  let value = 1;
  for (let round = 0; round < rounds; round++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
}

const TRIALS = 9;
const TRIAL_ROUNDS = 1_000_000;

/** Rounds that take `ms` on this machine when nothing disturbs them: the quickest of some trials, once it is compiled. */
export function roundsFor(ms: number): number {
  const times = Array.from({ length: TRIALS }, () => {
    const start = performance.now();
    burn(TRIAL_ROUNDS);
    return performance.now() - start;
  });
  return Math.max(1, Math.round((TRIAL_ROUNDS * ms) / Math.min(...times)));
}
