/** Numbers with their units, in the scale that a person reads: `1.2 ms`, `34 k/s`, `16 KiB`. It does not know where they are shown. */
import type { Unit } from '../finding.ts';

/** One step of a unit: values of `factor` and more are shown as `value / factor` with `suffix`. */
export interface Scale {
  readonly factor: number;
  readonly suffix: string;
}

/** The steps of each unit, from the largest. The page formats with the same table. */
export const SCALES: Readonly<Record<Unit, readonly Scale[]>> = {
  s: steps([1, 's'], [1e-3, 'ms'], [1e-6, 'µs'], [1e-9, 'ns']),
  bytes: steps([2 ** 40, 'TiB'], [2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB'], [1, 'B']),
  'per second': steps([1e9, 'G/s'], [1e6, 'M/s'], [1e3, 'k/s'], [1, '/s']),
  'bytes per second': steps(
    [2 ** 40, 'TiB/s'],
    [2 ** 30, 'GiB/s'],
    [2 ** 20, 'MiB/s'],
    [2 ** 10, 'KiB/s'],
    [1, 'B/s'],
  ),
  '%': steps([1, '%']),
  '': steps([1, '']),
};

/** Figures that a measurement is worth: more would claim a precision that it has not. */
const FIGURES = 3;

/** Between the smallest and the largest value of a column, beyond which one scale does not suit all its cells. */
const ONE_SCALE_SPREAD = 100;

/** What is shown for a value that there is not. */
export const NOTHING = '–';

/** The step for a value; the smallest one for zero. */
export function scaleOf(value: number, unit: Unit): Scale {
  const scales = SCALES[unit];
  const smallest = scales.at(-1)!;
  if (value === 0) return unit === 's' ? scales[0]! : smallest;
  // 999.6 µs would be rounded to 1000 µs: it is 1 ms.
  return scales.find(({ factor }) => Math.abs(value) >= factor * 0.9995) ?? smallest;
}

/** `1.23 ms`, `34.1 k/s`, `1,234,567`; a dash for `null`. */
export function formatValue(value: number | null, unit: Unit): string {
  if (value === null || !Number.isFinite(value)) return NOTHING;
  const { factor, suffix } = scaleOf(value, unit);
  const number = formatNumber(value / factor);
  return suffix === '' ? number : `${number} ${suffix}`;
}

/** Three figures; whole numbers are kept whole and grouped. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 10 ** FIGURES) return grouped(Math.round(value), 0);
  return grouped(value, decimalsFor(value));
}

/** How all cells of a column are shown, so that their decimal points stand below one another. */
export interface ColumnFormat {
  /** What stands in the head beside the name; empty when each cell has its own unit. */
  readonly suffix: string;
  format(value: number): string;
}

/** One scale for the column where that suits all its values, otherwise one for each cell. */
export function columnFormat(values: readonly number[], unit: Unit): ColumnFormat {
  const sizes = values.filter((value) => value !== 0 && Number.isFinite(value)).map(Math.abs);
  const [smallest, largest] = [Math.min(...sizes), Math.max(...sizes)];
  if (sizes.length === 0 || largest / smallest > ONE_SCALE_SPREAD) {
    return { suffix: '', format: (value) => formatValue(value, unit) };
  }
  const { factor, suffix } = scaleOf(largest, unit);
  const decimals = columnDecimals(values.map((value) => value / factor));
  const format = (value: number): string =>
    Number.isFinite(value) ? grouped(value / factor, decimals) : NOTHING;
  return { suffix, format };
}

/** As many as show two figures of the smallest value, and none that are zero in all of them. */
function columnDecimals(values: readonly number[]): number {
  const smallest = Math.min(...values.filter((value) => value !== 0).map(Math.abs));
  let decimals = decimalsFor(smallest, 2);
  const isIdle = (value: number): boolean =>
    Number(value.toFixed(decimals)) === Number(value.toFixed(decimals - 1));
  while (decimals > 0 && values.every(isIdle)) decimals--;
  return decimals;
}

/** Decimals that show `figures` figures of the value. */
function decimalsFor(value: number, figures = FIGURES): number {
  if (value === 0) return 0;
  // Rounded first: 0.9996 is shown as 1.00.
  const size = Math.abs(Number(value.toPrecision(figures)));
  return Math.min(6, Math.max(0, figures - 1 - Math.floor(Math.log10(size))));
}

function grouped(value: number, decimals: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function steps(...pairs: readonly (readonly [factor: number, suffix: string])[]): readonly Scale[] {
  return pairs.map(([factor, suffix]) => ({ factor, suffix }));
}
