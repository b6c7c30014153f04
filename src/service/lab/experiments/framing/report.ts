/** The costs of framings in charts, tables and words. It measures nothing. */
import type { Cell, Finding, Lines, Part, Table, Words } from '../../finding.ts';
import { formatValue } from '../../report/units.ts';
import type { Curve, FramingParameters } from './framing.ts';

/** A cost within this factor of the best is as good as the best, for what these measurements are worth. */
const NEAR = 1.5;

export function report(curves: readonly Curve[], parameters: FramingParameters): Finding {
  return {
    name: 'framing',
    title: 'What framings cost',
    question:
      'A stream has no messages; a framing makes them. What does that cost, for each way to mark where a message ends, when ' +
      'the bytes arrive one at a time, in small pieces, or many messages at once?',
    method: [
      'In one process, without sockets: a stream of equal messages lies in memory, is cut into reads of one size, and each ' +
        'read is handed to the framing, which gives out the messages that are complete.',
      `Each figure is the median of ${parameters.rounds} rounds of at least ${formatValue(parameters.budget, 's')}; the ` +
        'order of the framings is reversed from round to round. Every message that went in has to come out.',
      'raw does no framing: what it costs is the cutting and the calls, and its “messages” are so many bytes.',
      'All framings go through the same lines of code; a program that uses only one of them may see it a little faster.',
    ],
    parts: parameters.sizes.flatMap((size) =>
      partsOf(
        size,
        curves.filter((curve) => curve.size === size),
      ),
    ),
  };
}

function partsOf(size: number, curves: readonly Curve[]): Part[] {
  return [
    costLines(size, curves),
    rateTable(size, curves),
    bytesTable(size, curves),
    crossOver(size, curves),
  ];
}

function costLines(size: number, curves: readonly Curve[]): Lines {
  return {
    kind: 'lines',
    title: `Time a message of ${formatValue(size, 'bytes')}`,
    x: { label: 'read', unit: 'bytes', scale: 'log' },
    y: { label: 'a message', unit: 's', scale: 'log' },
    series: curves.map(({ spec, costs }) => ({ name: spec, points: costs })),
  };
}

/** Messages a second for every other size of reads: all of them would be too wide a table. */
function rateTable(size: number, curves: readonly Curve[]): Table {
  return rates(
    `Messages of ${formatValue(size, 'bytes')} a second`,
    curves,
    'per second',
    (seconds) => 1 / seconds,
  );
}

function bytesTable(size: number, curves: readonly Curve[]): Table {
  const title = `Bytes a second in messages of ${formatValue(size, 'bytes')}`;
  return rates(title, curves, 'bytes per second', (seconds) => size / seconds);
}

function rates(
  title: string,
  curves: readonly Curve[],
  unit: 'per second' | 'bytes per second',
  convert: (seconds: number) => number,
): Table {
  const reads = (curves[0]?.costs ?? []).map(([read]) => read).filter((_, index) => index % 2 === 0);
  return {
    kind: 'table',
    title,
    columns: [
      { name: 'framing' },
      ...reads.map((read) => ({ name: `reads of ${formatValue(read, 'bytes')}`, unit })),
    ],
    rows: curves.map(({ spec, costs }): Cell[] => [
      spec,
      ...reads.map((read) => convert(costs.find(([one]) => one === read)![1])),
    ]),
    note:
      unit === 'per second'
        ? undefined
        : 'Framings hand out views of what arrived and copy only what a read left incomplete. Where a whole message lies in a ' +
          'read nobody touches its bytes, but for those that search for its end: such figures say no more than that.',
  };
}

/** Where larger reads stop to help, and who is best on either side. */
function crossOver(size: number, curves: readonly Curve[]): Words {
  const framings = curves.filter(({ spec }) => spec !== 'raw');
  const knees = framings.map(({ spec, costs }) => {
    const best = Math.min(...costs.map(([, seconds]) => seconds));
    const [read] = costs.find(([, seconds]) => seconds <= best * NEAR)!;
    return `${spec} ${formatValue(read, 'bytes')}`;
  });
  return {
    kind: 'words',
    title: `Where the cost turns, for messages of ${formatValue(size, 'bytes')}`,
    paragraphs: [
      `The read from which on a message costs less than ${NEAR} times the least that it ever costs: ${knees.join(', ')}.`,
      endsOf(framings),
      spreadOf(curves),
    ],
  };
}

function endsOf(framings: readonly Curve[]): string {
  const smallest = framings.toSorted((a, b) => a.costs[0]![1] - b.costs[0]![1]);
  const largest = framings.toSorted((a, b) => a.costs.at(-1)![1] - b.costs.at(-1)![1]);
  const name = (curve: Curve, at: number) => {
    const [read, seconds] = curve.costs.at(at)!;
    return `${curve.spec} (${formatValue(seconds, 's')} with reads of ${formatValue(read, 'bytes')})`;
  };
  return (
    `With the smallest reads the cheapest is ${name(smallest[0]!, 0)} and the dearest ${name(smallest.at(-1)!, 0)}; with the ` +
    `largest ${name(largest[0]!, -1)} and ${name(largest.at(-1)!, -1)}.`
  );
}

/** Whether small reads cost because of the format or because of the calls. */
function spreadOf(curves: readonly Curve[]): string {
  const raw = curves.find(({ spec }) => spec === 'raw');
  const others = curves.filter(({ spec }) => spec !== 'raw');
  if (raw === undefined || others.length === 0) return 'There was no raw to compare with.';
  const [read, bare] = raw.costs[0]!;
  const factors = others.map(({ costs }) => costs[0]![1] / bare);
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  const what =
    most < 3
      ? 'At this end it is the calls that cost, one for each read, and hardly the format.'
      : 'At this end the format counts as well as the calls.';
  return (
    `raw hands on every read as it is, which costs ${formatValue(bare, 's')} for the bytes of a message in reads of ` +
    `${formatValue(read, 'bytes')}. The framings took ${least.toFixed(1)} to ${most.toFixed(1)} times that. ${what}`
  );
}
