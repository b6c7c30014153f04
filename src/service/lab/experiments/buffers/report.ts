/** The results of the experiment in charts, tables and words. It measures nothing. */
import type { Finding, Lines, Part, Series, Table, Words } from '../../finding.ts';
import { median } from '../../median.ts';
import { formatValue } from '../../report/units.ts';
import type { BuffersParameters, BuffersResults, Streamed } from './buffers.ts';
import { dialogueParts } from './report-dialogues.ts';

/** A throughput of this share of the best is as good as the best, for what these measurements are worth. */
const NEAR = 0.8;

export function report(results: BuffersResults, parameters: BuffersParameters): Finding {
  return {
    name: 'buffers',
    title: 'Sizes of reads, writes and socket buffers; Nagle and delayed acknowledgements',
    question:
      'How large should a read or a write be, how large the buffers of a socket, and why does a request in two small parts ' +
      'sometimes take 40 ms on an idle machine?',
    method: methodOf(results, parameters),
    parts: [
      ...callParts('read', results.reads, results.bareCall),
      ...callParts('write', results.writes, results.bareCall),
      ...bufferParts(results.buffers),
      ...dialogueParts(results.dialogues),
    ],
  };
}

function methodOf(
  { processors }: BuffersResults,
  { seconds, rounds, requests }: BuffersParameters,
): string[] {
  const where =
    processors === null
      ? 'There is one processor only, so the two take turns on it.'
      : `They are kept on processors ${processors.join(' and ')}.`;
  return [
    `A client and a server, each a thread with blocking system calls, over TCP on 127.0.0.1. ${where}`,
    `Each figure of a stream is the median of ${rounds} connections; of each, ${formatValue(seconds, 's')} from the first byte ` +
      'on are measured at the receiver, then what is under way is read to the end: all bytes have to come. The order is ' +
      'reversed from round to round.',
    'Where the size of the reads is the question the writes are of 256 KiB, and the other way round; where it is the socket buffers they are of ' +
      '64 KiB and 256 KiB.',
    `Each dialogue is ${rounds} connections of ${requests} requests, one at a time; the figures are of all of them.`,
    'The calls are made through FFI, which adds to each of them: a program in C makes more of the small ones, and the order stays.',
  ];
}

function callParts(call: 'read' | 'write', streamed: readonly Streamed[], bare: number): Part[] {
  const sizeOf = (one: Streamed) => one.point[call];
  const chart: Lines = {
    kind: 'lines',
    title: `Throughput by the size of the ${call}s`,
    x: { label: call, unit: 'bytes', scale: 'log' },
    y: { label: 'throughput', unit: 'bytes per second', scale: 'log' },
    series: seriesBy(streamed, sizeOf),
  };
  const table: Table = {
    kind: 'table',
    title: `System calls by the size of the ${call}s`,
    columns: [
      { name: `${call}s of`, unit: 'bytes' },
      ...(call === 'write' ? [{ name: 'option' }] : []),
      { name: 'throughput', unit: 'bytes per second' },
      { name: 'reads', unit: 'per second' },
      { name: 'writes', unit: 'per second' },
      { name: 'bytes a segment', unit: 'bytes' },
    ],
    rows: streamed.map((one) => [
      sizeOf(one),
      ...(call === 'write' ? [one.point.series] : []),
      one.figures.bytesPerSecond,
      one.figures.readsPerSecond,
      one.figures.writesPerSecond,
      one.figures.bytesPerSegment,
    ]),
  };
  return [chart, table, callWords(call, streamed, bare)];
}

function callWords(call: 'read' | 'write', streamed: readonly Streamed[], bare: number): Words {
  const main = streamed.filter(({ point }) => point.series === streamed[0]!.point.series);
  const rate = (one: Streamed) => one.figures.bytesPerSecond;
  const best = main.toSorted((a, b) => rate(b) - rate(a))[0]!;
  const enough = main.find((one) => rate(one) >= NEAR * rate(best))!;
  const first = main[0]!;
  const calls = call === 'read' ? first.figures.readsPerSecond : first.figures.writesPerSecond;
  const bytes = (one: Streamed) => formatValue(one.point[call], 'bytes');
  const paragraphs = [
    `With ${call}s of ${bytes(first)} there are ${formatValue(calls, 'per second')} calls, ${formatValue(1 / calls, 's')} each; a ` +
      `system call that does next to nothing takes ${formatValue(bare, 's')} here. So small calls cost what calls cost, and ` +
      'throughput grows with their size.',
    `The best is ${formatValue(rate(best), 'bytes per second')} with ${call}s of ${bytes(best)}, ` +
      `${formatValue(rate(best) / rate(first), '')} times what ${bytes(first)} reach. ` +
      `${Math.round(NEAR * 100)} % of it are there from ${bytes(enough)} on.`,
  ];
  if (call === 'write') paragraphs.push(nagleWords(streamed));
  paragraphs.push(spreadWords(streamed));
  return { kind: 'words', title: `What the size of the ${call}s does`, paragraphs };
}

/** Where the two ways to send small writes differ most in the size of their segments. */
function nagleWords(streamed: readonly Streamed[]): string {
  const pairs = streamed
    .filter(({ point }) => point.series === 'Nagle')
    .flatMap((nagle) => {
      const other = streamed.find(
        ({ point }) => point.series !== 'Nagle' && point.write === nagle.point.write,
      );
      return other === undefined ? [] : [{ nagle, other }];
    });
  const apart = ({ nagle, other }: (typeof pairs)[number]) =>
    nagle.figures.bytesPerSegment / other.figures.bytesPerSegment;
  const most = pairs.toSorted((a, b) => apart(b) - apart(a))[0];
  if (most === undefined) return 'There was nothing to compare with.';
  const { nagle, other } = most;
  const tell = (one: Streamed) =>
    `${formatValue(one.figures.bytesPerSecond, 'bytes per second')} in segments of ${formatValue(one.figures.bytesPerSegment, 'bytes')}`;
  return (
    `In a stream nothing waits for an answer, and Nagle’s algorithm only joins small writes into larger segments. The two ` +
    `differ most with writes of ${formatValue(nagle.point.write, 'bytes')}: ${tell(nagle)} with it, ${tell(other)} without.`
  );
}

function bufferParts(streamed: readonly Streamed[]): Part[] {
  const sized = streamed.filter(({ point }) => point.series !== 'automatic');
  const chart: Lines = {
    kind: 'lines',
    title: 'Throughput by the size of the socket buffers',
    x: { label: 'asked for', unit: 'bytes', scale: 'log' },
    y: { label: 'throughput', unit: 'bytes per second', scale: 'log' },
    series: seriesBy(sized, askedFor),
  };
  const table: Table = {
    kind: 'table',
    title: 'What was asked for and what the kernel made of it',
    columns: [
      { name: 'set' },
      { name: 'asked for', unit: 'bytes' },
      { name: 'send buffer', unit: 'bytes' },
      { name: 'receive buffer', unit: 'bytes' },
      { name: 'throughput', unit: 'bytes per second' },
    ],
    rows: streamed.map((one) => [
      one.point.series,
      one.point.series === 'automatic' ? null : askedFor(one),
      one.figures.sendBuffer,
      one.figures.receiveBuffer,
      one.figures.bytesPerSecond,
    ]),
    note:
      'As getsockopt tells them before the stream begins. The kernel doubles what it is asked for, for its bookkeeping, up to a ' +
      'limit (socket(7)); a buffer that was not set grows by itself while the stream runs (tcp_rmem and tcp_wmem, tcp(7)).',
  };
  return [chart, table, bufferWords(streamed)];
}

function askedFor({ point }: Streamed): number {
  return point.setup.client?.sendBuffer ?? point.setup.server?.receiveBuffer ?? 0;
}

function bufferWords(streamed: readonly Streamed[]): Words {
  const automatic = streamed.find(({ point }) => point.series === 'automatic')!;
  const both = streamed.filter(({ point }) => point.series === 'both');
  const rate = (one: Streamed) => one.figures.bytesPerSecond;
  const speed = (one: Streamed) => formatValue(rate(one), 'bytes per second');
  const smallest = both[0]!;
  const enough = both.find((one) => rate(one) >= NEAR * rate(automatic));
  const reached =
    enough === undefined
      ? 'No size that was tried reaches that.'
      : `Fixed buffers reach ${Math.round(NEAR * 100)} % of that from ${formatValue(askedFor(enough), 'bytes')} on (${speed(enough)}).`;
  return {
    kind: 'words',
    title: 'What the size of the buffers does',
    paragraphs: [
      `Left alone, the kernel reaches ${speed(automatic)}; with both buffers at ${formatValue(askedFor(smallest), 'bytes')} it is ` +
        `${speed(smallest)}. ${reached}`,
      ...fixedWords(automatic, both),
      spreadWords(streamed),
      'A buffer has to hold what is under way in one round trip: bandwidth times delay. On loopback the delay is small, yet a ' +
        'buffer that holds only a few kilobytes makes writer and reader wait for each other all the time. A receive buffer ' +
        'that was set does not grow any more (tcp(7)), so set it only where you have measured.',
    ],
  };
}

/** Whether a fixed size did better than the kernel. */
function fixedWords(automatic: Streamed, both: readonly Streamed[]): string[] {
  const rate = (one: Streamed) => one.figures.bytesPerSecond;
  const best = both.toSorted((a, b) => rate(b) - rate(a))[0]!;
  if (rate(best) * NEAR <= rate(automatic)) return [];
  return [
    `In these short streams ${formatValue(askedFor(best), 'bytes')} on both sides do better than the kernel’s own choice ` +
      `(${formatValue(rate(best), 'bytes per second')}): a buffer that grows begins small.`,
  ];
}

/** What the figures are worth. */
function spreadWords(streamed: readonly Streamed[]): string {
  const typical = median(streamed.map(({ spread }) => spread));
  const worst = Math.max(...streamed.map(({ spread }) => spread));
  return (
    `From connection to connection the same point differed by a factor of ${typical.toFixed(1)} usually, and of ` +
    `${worst.toFixed(1)} at the worst. Differences between points that are smaller than the usual one mean nothing.`
  );
}

function seriesBy(streamed: readonly Streamed[], x: (one: Streamed) => number): Series[] {
  const names = [...new Set(streamed.map(({ point }) => point.series))];
  return names.map((name) => ({
    name,
    points: streamed
      .filter(({ point }) => point.series === name)
      .map((one) => [x(one), one.figures.bytesPerSecond] as const),
  }));
}
