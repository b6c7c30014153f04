/** Several rounds over several points, and the median of each figure. */
import { median } from '../../median.ts';

/**
 * Measures every point once a round, in the opposite order of the round before, so that what drifts favours no point.
 * @returns for each point its measurements, round by round
 */
export async function measureRounds<P, Figure extends string>(
  points: readonly P[],
  rounds: number,
  measure: (point: P) => Promise<Readonly<Record<Figure, number>>>,
): Promise<Readonly<Record<Figure, number>>[][]> {
  const found = points.map((): Readonly<Record<Figure, number>>[] => []);
  const order = points.map((_, index) => index);
  for (let round = 0; round < rounds; round++) {
    for (const index of order) found[index]!.push(await measure(points[index]!));
    order.reverse();
  }
  return found;
}

/** The median of each figure. */
export function mediansOf<Figure extends string>(
  samples: readonly Readonly<Record<Figure, number>>[],
): Readonly<Record<Figure, number>> {
  const figures = Object.keys(samples[0] ?? {}) as Figure[];
  const medians = figures.map((figure) => [figure, median(samples.map((sample) => sample[figure]))]);
  return Object.fromEntries(medians) as Record<Figure, number>;
}
