/** Tables and lines as one thing: a grid of texts with a head, for the terminal and for the page alike. */
import type { Cell, Lines, Table } from '../finding.ts';
import { type ColumnFormat, columnFormat, NOTHING } from './units.ts';

export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Whether a column holds numbers, which stand at the right. */
  readonly numeric: readonly boolean[];
}

export function gridOfTable({ columns, rows }: Table): Grid {
  const cells = columns.map((_, index) => rows.map((row) => row[index] ?? null));
  const formats = columns.map(({ unit }, index) => columnFormat(cells[index]!.filter(isNumber), unit ?? ''));
  return {
    head: columns.map(({ name }, index) => titled(name, formats[index]!)),
    rows: rows.map((_, row) => columns.map((_, index) => textOf(cells[index]![row]!, formats[index]!))),
    numeric: cells.map((column) => column.some(isNumber)),
  };
}

/** The table behind a chart: a row for each x of any series, a column for each series. */
export function gridOfLines({ x, y, series }: Lines): Grid {
  const xs = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const values = series.map(({ points }) => new Map(points));
  const rows = xs.map((at) => [at, ...values.map((of) => of.get(at) ?? null)]);
  const columns = [{ name: x.label, unit: x.unit }, ...series.map(({ name }) => ({ name, unit: y.unit }))];
  return gridOfTable({ kind: 'table', title: '', columns, rows });
}

function titled(name: string, { suffix }: ColumnFormat): string {
  return suffix === '' ? name : `${name} (${suffix})`;
}

function textOf(cell: Cell, { format }: ColumnFormat): string {
  if (cell === null) return NOTHING;
  return typeof cell === 'number' ? format(cell) : cell;
}

function isNumber(cell: Cell): cell is number {
  return typeof cell === 'number';
}
