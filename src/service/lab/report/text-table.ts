/** A grid in aligned columns for the terminal. When it is too wide, its widest column of words is wrapped. */
import type { Grid } from './grid.ts';
import { padEnd, padStart, widthOf, wrap } from './wrap.ts';

const GAP = '  ';
/** A column of words is not made narrower than this, whatever the terminal. */
const NARROWEST = 12;

export interface TextTable {
  readonly head: readonly string[];
  readonly rule: string;
  readonly body: readonly string[];
}

/** @param width columns that there are; a table of numbers that needs more takes more. */
export function renderTable({ head, rows, numeric }: Grid, width: number): TextTable {
  const safe = [head, ...rows].map((row) => row.map((cell) => wrap(cell, Infinity).join(' ')));
  const widths = head.map((_, column) => Math.max(...safe.map((row) => widthOf(row[column] ?? ''))));
  shrink(widths, numeric, width);
  const [top = [], ...body] = safe.map((row) => linesOf(row, widths, numeric));
  return { head: top, rule: widths.map((size) => '─'.repeat(size)).join(GAP), body: body.flat() };
}

function shrink(widths: number[], numeric: readonly boolean[], room: number): void {
  const over = widths.reduce((sum, size) => sum + size, GAP.length * (widths.length - 1)) - room;
  const words = widths.map((size, index) => (numeric[index] ? 0 : size));
  const widest = words.indexOf(Math.max(...words));
  if (over > 0 && words[widest]! > NARROWEST) widths[widest] = Math.max(NARROWEST, words[widest]! - over);
}

function linesOf(row: readonly string[], widths: readonly number[], numeric: readonly boolean[]): string[] {
  const cells = row.map((cell, index) => wrap(cell, widths[index]!));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, i) => (numeric[i] ? padStart : padEnd)(lines[line] ?? '', widths[i]!))
      .join(GAP)
      .trimEnd(),
  );
}
