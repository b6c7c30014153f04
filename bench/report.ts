/** Tables of results, for a terminal and for Markdown. */
import type { Benchmark, Case, Column } from './benchmark.ts';
import { amount, judge, medianOf, type Row, ratio, spread, type Verdict } from './statistics.ts';

export interface CaseResult {
  readonly one: Case;
  readonly rows: readonly Row[];
  /** False where the figures are too short to say anything. */
  readonly judged: boolean;
}

type Cells = readonly string[];

export function verdictsOf({ one, rows, judged }: CaseResult): Verdict[] {
  if (!judged) return [];
  return one.targets.map((target) => judge(target, rows, one.unit));
}

export function textOf(benchmark: Benchmark, results: readonly CaseResult[]): string {
  const parts = results.map((result) => {
    const verdicts = verdictsOf(result).map((verdict) => `  ${verdictText(verdict)}`);
    return [
      `${benchmark.name}: ${result.one.name}, ${result.one.unit}`,
      aligned(tableOf(result)),
      ...verdicts,
    ].join('\n');
  });
  return `${benchmark.title}\n\n${parts.join('\n\n')}\n`;
}

export function markdownOf(benchmark: Benchmark, results: readonly CaseResult[], setup: string): string {
  const parts = results.map((result) => {
    const verdicts = verdictsOf(result).map((verdict) => `- ${verdictText(verdict)}`);
    const heading = `**${result.one.name}**, ${result.one.unit}:`;
    return [heading, '', piped(tableOf(result)), '', ...verdicts].join('\n').trimEnd();
  });
  return `${benchmark.title} ${setup}\n\n${parts.join('\n\n')}\n`;
}

/**
 * Puts a benchmark's section between its markers in a page.
 * @throws when the page has no markers for it
 */
export function insertSection(page: string, name: string, section: string): string {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`The page has no "${begin}" and "${end}" to write between`);
  return `${page.slice(0, from + begin.length)}\n${section.trim()}\n${page.slice(to)}`;
}

function verdictText({ text, value, met }: Verdict): string {
  if (value === undefined) return `target ${text}: nothing to compare`;
  // Three decimals: 0.9198 is not 0.92.
  return `target ${text}: ${amount(value, 3)}, ${met ? 'met' : 'NOT MET'}`;
}

function tableOf({ one, rows }: CaseResult): Cells[] {
  const subjects = one.subjects.filter((subject) => rows.some((row) => row.peer === subject));
  const columns = one.columns.filter((column) => rows.some((row) => medianOf(row, column.key) !== undefined));
  const head = [
    '',
    one.unit,
    'spread',
    ...columns.map((column) => column.title),
    ...subjects.map((s) => `${s} ÷ this`),
  ];
  return [head, ...rows.map((row) => cellsOf(row, rows, columns, subjects))];
}

function cellsOf(
  row: Row,
  rows: readonly Row[],
  columns: readonly Column[],
  subjects: readonly string[],
): Cells {
  const gap = row.missing ?? (row.failed === undefined ? undefined : 'failed');
  const width = columns.length + subjects.length + 1;
  if (gap !== undefined) return [row.peer, gap, ...Array.from({ length: width }, () => '')];
  return [
    row.peer,
    shown(medianOf(row, 'value'), amount),
    shown(spread(row), (share) => `± ${Math.round(share * 100)} %`),
    ...columns.map((column) => shown(medianOf(row, column.key), column.format)),
    ...subjects.map((subject) =>
      subject === row.peer ? '' : shown(ratio(rows, subject, row.peer), (r) => r.toFixed(2)),
    ),
  ];
}

function shown(value: number | undefined, format: (value: number) => string): string {
  return value === undefined ? '' : format(value);
}

function aligned(table: readonly Cells[]): string {
  const widths = table[0]!.map((_, column) => Math.max(...table.map((cells) => cells[column]!.length)));
  return table
    .map((cells) =>
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    )
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

function piped([head, ...body]: readonly Cells[]): string {
  const rule = head!.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head!, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
