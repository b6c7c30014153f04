/** Work of a known length: the same number of rounds everywhere, so that waiting for a core is not taken for work. */

/** Its result, so that the work is not optimised away. */
export function burn(rounds: number): number {
  let value = 1;
  for (let left = rounds; left > 0; left -= PIECE) value = some(value);
  return value;
}

/** Rounds done in one call: of a function that is called often the engine makes fast code, of one long loop not always. */
const PIECE = 1_000;

function some(from: number): number {
  let value = from;
  for (let round = 0; round < PIECE; round++) value = (Math.imul(value, 1_664_525) + 1_013_904_223) | 0;
  return value;
}

const TRIALS = 15;
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
