/** The result of a load as people read it: what was done, how fast, how long it took, what went wrong, what to mind. */
import { printable } from '../../bytes/index.ts';
import type { LoadResult, Percentiles } from '../../service/lab/index.ts';
import { formatBytes } from '../stream/tcp-summary.ts';

/** Percent of a core from where on the generator may be what limits the load. */
const BUSY = 90;
/** The generator's own delay matters from this share of the p99 on. */
const NOTICEABLE = 0.1;

const COLUMNS = ['p50', 'p90', 'p99', 'p999', 'max', 'mean'] as const;
const NAMES: Readonly<Record<string, string>> = { p999: 'p99.9' };

/** @param heading how a heading looks */
export function formatResult(result: LoadResult, heading: (text: string) => string = (text) => text): string {
  const parts = [
    [heading(whatWasDone(result))],
    ratesOf(result),
    latenciesOf(result),
    failuresOf(result),
    notesOf(result),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function whatWasDone({
  address,
  connections,
  loop,
  schedule,
  pipeline,
  requestBytes,
  seconds,
  ended,
}: LoadResult): string {
  const how =
    schedule === null ? `${loop} loop` : `${grouped(schedule.rate)} requests/s on schedule (open loop)`;
  const depth = pipeline === 1 ? '' : `, ${pipeline} at a time on each`;
  const early = ended === 'duration' ? '' : `, ended early: ${ended}`;
  return printable(
    `${address}: ${connections} connections, ${how}${depth}, requests of ${grouped(requestBytes)} bytes, ` +
      `${seconds.toFixed(1)} s${early}`,
  );
}

function ratesOf({
  requests,
  throughput,
  bytes,
  seconds,
  unfinished,
  schedule,
  slow,
  connect,
}: LoadResult): string[] {
  const rate = (count: number): string => `${formatBytes(seconds > 0 ? Math.round(count / seconds) : 0)}/s`;
  const due = schedule === null ? '' : ` of ${grouped(schedule.due)} due`;
  const open = unfinished.underWay + unfinished.queued;
  const lost = connect.lost === 0 ? '' : `, ${grouped(connect.lost)} lost`;
  return [
    `throughput   ${grouped(throughput)} requests/s, ${rate(bytes.sent)} sent, ${rate(bytes.received)} received`,
    `requests     ${grouped(requests)} answered${due}, ${grouped(open)} unfinished`,
    `connections  ${grouped(connect.opened)} opened${lost}`,
    ...(slow === null
      ? []
      : [`slow         ${grouped(slow.requests)} answered to ${grouped(slow.clients)} slow clients`]),
  ];
}

function latenciesOf({ latency, connect, slow }: LoadResult): string[] {
  const rows: [string, Percentiles | null][] = [
    ['request', latency],
    ['slow', slow?.latency ?? null],
    ['connect', connect.latency],
  ];
  const known = rows.filter((row): row is [string, Percentiles] => row[1] !== null);
  if (known.length === 0) return [];
  const table = [
    ['latency', ...COLUMNS.map((column) => NAMES[column] ?? column)],
    ...known.map(([name, values]) => [name, ...COLUMNS.map((column) => formatMs(values[column]))]),
  ];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(11) : cell.padStart(widths[column]!))).join('  '),
  );
}

function failuresOf({ errors, wrong }: LoadResult): string[] {
  const lines = errors.map(
    ({ when, code, count, message }) => `  ${grouped(count)} × ${code} (${when}): ${printable(message)}`,
  );
  if (wrong > 0)
    lines.push(
      `  ${grouped(wrong)} × wrong answer: a byte differs from the request, or nobody had asked for it`,
    );
  return lines.length === 0 ? ['errors       none'] : ['errors', ...lines];
}

/** What the figures do not say by themselves. */
function notesOf(result: LoadResult): string[] {
  const { errors, wrong, requests, unfinished, connections, schedule, generatorCpu, latency, loop, ended } =
    result;
  const notes: string[] = [];
  if (requests === 0 && ended === 'duration')
    notes.push('nothing was answered: without --frame or --answer the server has to send back what it gets');
  if (wrong > 0) notes.push('for a server that does not echo, say what an answer is: --frame or --answer');
  if (requests > 0 && errors.some(({ code }) => code === 'ended'))
    notes.push('the server ended connections; when it does so after N requests, say --per-connection N');
  if (unfinished.queued > connections)
    notes.push(
      `the server did not keep up: ${grouped(unfinished.queued)} requests still wait, the oldest for ${formatMs(unfinished.oldest)}`,
    );
  if (schedule !== null && schedule.worstDelay > (latency?.p99 ?? 0) * NOTICEABLE)
    notes.push(
      `the generator itself was late by up to ${formatMs(schedule.worstDelay)}, which is part of the latencies`,
    );
  if (loop === 'closed' && generatorCpu >= BUSY)
    notes.push(
      `the generator used ${Math.round(generatorCpu)} % of a core: the server may be able to do more`,
    );
  return notes.map((note) => `note: ${note}`);
}

/** `12,345`; a fraction only below 100. */
export function grouped(value: number): string {
  const digits = Number.isInteger(value) || value >= 100 ? 0 : 1;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Three figures: `123 µs`, `4.56 ms`, `7.89 s`. */
export function formatMs(ms: number): string {
  if (ms < 0.9995) return `${figures(ms * 1000)} µs`;
  return ms < 999.5 ? `${figures(ms)} ms` : `${figures(ms / 1000)} s`;
}

function figures(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}
