/** What took how long, as a table with bars: the steps of a request one behind the other. */
import type { RequestTiming } from '../../service/http/index.ts';

/** Columns of the bars. */
const WIDTH = 40;

const STEPS: readonly (readonly [name: string, mark: keyof RequestTiming])[] = [
  ['redirects', 'redirect'],
  ['queue', 'queue'],
  ['name', 'name'],
  ['connect', 'connect'],
  ['proxy', 'proxy'],
  ['TLS', 'tls'],
  ['send', 'sent'],
  ['first byte', 'firstByte'],
  ['body', 'total'],
];

/** A row a step that took place, `total` below them. */
export function timingTable(timing: RequestTiming): string[] {
  const total = timing.total ?? 0;
  const rows: string[] = [];
  let before = 0;
  for (const [name, mark] of STEPS) {
    const at = timing[mark];
    if (
      typeof at !== 'number' ||
      (mark === 'redirect' && at < 0.01) ||
      (mark === 'queue' && at - before < 0.01)
    )
      continue;
    rows.push(`${label(name, at - before)}  ${bar(before, at, total)}`.trimEnd());
    before = Math.max(before, at);
  }
  const ending = timing.reused ? '  on a connection that was there' : '';
  return [...rows, `${label('total', total)}${ending}`];
}

function label(name: string, ms: number): string {
  return `${name.padEnd(10)} ${Math.max(0, ms).toFixed(2).padStart(10)} ms`;
}

function bar(from: number, to: number, total: number): string {
  if (total <= 0) return '';
  const start = Math.min(WIDTH - 1, Math.floor((from / total) * WIDTH));
  const length = Math.max(1, Math.round(((to - from) / total) * WIDTH));
  return ' '.repeat(start) + '█'.repeat(Math.min(length, WIDTH - start));
}
