/** Medians, their ratios, and whether a target is met. */
import type { Case, Sample, Target } from './benchmark.ts';

export interface Row {
  readonly peer: string;
  /** Why it has no figures. */
  readonly missing?: string;
  readonly failed?: string;
  readonly samples: readonly Sample[];
}

export interface Verdict {
  readonly target: Target;
  readonly text: string;
  /** `undefined` when a side of the comparison has no figures. */
  readonly value: number | undefined;
  readonly met: boolean | undefined;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function medianOf(row: Row | undefined, key: string): number | undefined {
  const values = (row?.samples ?? []).map((sample) => sample[key]).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/** The ratio of the medians of two rows. */
export function ratio(rows: readonly Row[], subject: string, against: string): number | undefined {
  const [above, below] = [subject, against].map((peer) =>
    medianOf(
      rows.find((row) => row.peer === peer),
      'value',
    ),
  );
  return above === undefined || below === undefined || below === 0 ? undefined : above / below;
}

/** Half of the distance between the best and the worst round, as a share of the median. */
export function spread(row: Row): number | undefined {
  const values = row.samples.map((sample) => sample.value);
  return values.length < 2 ? undefined : (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}

export function judge(target: Target, rows: readonly Row[], unit: Case['unit']): Verdict {
  const { subject, against, atLeast, atMost } = target;
  const row = rows.find((one) => one.peer === subject);
  const value = against === undefined ? medianOf(row, 'value') : ratio(rows, subject, against);
  const bound = atLeast === undefined ? `<= ${amount(atMost!)}` : `>= ${amount(atLeast)}`;
  const text = against === undefined ? `${subject} ${bound} ${unit}` : `${subject} ${bound} x ${against}`;
  const met =
    value === undefined ? undefined : value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
  return { target, text, value, met };
}

/** For a reader to compare: thousands are grouped, and what is below 100 has decimals. */
export function amount(value: number, decimals = 2): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 100 ? decimals : 0 });
}
