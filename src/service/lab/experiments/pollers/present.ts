/** What the figures of the pollers show, as a finding. Pure: the words depend on what was measured. */
import type { Finding, Lines, Part, Table } from '../../finding.ts';
import { median } from '../../median.ts';
import { formatValue } from '../../report/units.ts';
import {
  type Activity,
  CONTENDERS,
  descriptorsFor,
  FEW,
  type Outcome,
  type Plan,
  type Sample,
} from './plan.ts';

const EDGE = CONTENDERS.find(({ onChange }) => onChange)!.name;
const NAMES = CONTENDERS.map(({ name }) => name);

/** What differs by less is called equal: rounds on a busy machine differ as much. */
const EQUAL = 1.2;

/** The same for a median over all points, which is steadier. */
const LEVEL = 0.04;

export function present(outcome: Outcome, plan: Plan): Finding {
  const figures = new Figures(outcome.samples);
  return {
    name: 'pollers',
    title: 'Asking which connections are ready: select, poll and epoll',
    question:
      'A server asks the system which of its connections have something to read. How does the time for that grow with the number of connections, when few of them are active, and when many are?',
    method: methodOf(outcome, plan),
    parts: partsOf(figures, outcome),
  };
}

function methodOf({ limit }: Outcome, { blocks, blockTime }: Plan): string[] {
  return [
    'A process of its own holds pairs of connected Unix stream sockets. In each round a byte is written into some of them; then the clock runs while the poller waits, and the handler of each ready connection reads its byte, until all are read.',
    'Which connections are active changes with each round, and they are spread evenly over all of them.',
    `Each figure is the median of ${blocks} blocks of at least ${blockTime} ms, in which the pollers take turns; a block is the median of its rounds.`,
    'The pollers are those of modnet. Their times contain its JavaScript and the calls into the C library, not only the work of the kernel.',
    `This process may have ${formatValue(limit, '')} descriptors (ulimit -n), and a connection takes two of them here.`,
  ];
}

function partsOf(figures: Figures, outcome: Outcome): Part[] {
  return [
    {
      ...linesOf(figures, 'few', ({ round }) => round),
      title: `Few active: ${FEW} connections`,
      y: { label: 'time per round', unit: 's', scale: 'log' },
      note: noteOf(figures, outcome),
    },
    {
      ...linesOf(figures, 'half', ({ round, active }) => (round === null ? null : round / active)),
      title: 'Many active: every other connection',
      y: { label: 'time per event', unit: 's', scale: 'log' },
    },
    tableOf(figures),
    { kind: 'words', title: 'What it shows', paragraphs: words(figures) },
  ];
}

type Value = (sample: Sample) => number | null;

function linesOf(figures: Figures, activity: Activity, value: Value): Omit<Lines, 'title' | 'y'> {
  const series = NAMES.map((name) => ({
    name,
    points: figures.points.map((connections) => {
      const sample = figures.at(name, activity, connections);
      return [connections, sample === undefined ? null : value(sample)] as const;
    }),
  }));
  return { kind: 'lines', x: { label: 'connections', unit: '', scale: 'log' }, series };
}

function tableOf(figures: Figures): Table {
  const rows = (['few', 'half'] as const).flatMap((activity) =>
    figures.points.map((connections) => {
      const samples = NAMES.map((name) => figures.at(name, activity, connections));
      const ratio = figures.ratio(activity, connections);
      const rounded = ratio === null ? null : Math.round(ratio * 10) / 10;
      return [connections, samples.at(-1)?.active ?? null, rounded, ...samples.map(waitShare)];
    }),
  );
  return {
    kind: 'table',
    title: 'The share of a round that is spent asking',
    columns: [
      { name: 'connections' },
      { name: 'active' },
      { name: 'poll ÷ epoll' },
      ...NAMES.map((name) => ({ name, unit: '%' as const })),
    ],
    rows,
    note: 'Asking is the wait, which for select and poll contains the search for the ready ones in what the system returned. The rest of a round is calling the handlers and reading the bytes, the same work for all. poll ÷ epoll compares whole rounds.',
  };
}

function waitShare(sample: Sample | undefined): number | null {
  if (sample === undefined || sample.wait === null || sample.round === null) return null;
  return Math.round((sample.wait / sample.round) * 100);
}

function noteOf(figures: Figures, { fitted, limit, held }: Outcome): string {
  const select = figures.points.filter((point) => figures.round('select', 'few', point) !== null).at(-1) ?? 0;
  const ended = figures.points.some((point) => point > select)
    ? `The line of select ends at ${formatValue(select, '')} connections: it takes descriptors below 1,024 only (FD_SETSIZE), and ${held} of those were Node's own.`
    : 'select takes descriptors below 1,024 only (FD_SETSIZE); this run stayed below.';
  if (fitted.left.length === 0) return ended;
  const left = fitted.left.map((point) => formatValue(point, '')).join(' and ');
  const need = formatValue(descriptorsFor(fitted.left[0]!), '');
  const instead = fitted.instead === null ? '' : ` ${formatValue(fitted.instead, '')} were measured instead.`;
  return `${ended} ${left} connections were left out: they need ${need} descriptors, and this process may have ${formatValue(limit, '')} (ulimit -n).${instead}`;
}

/** A paragraph for each thing to see, in the figures of this run. */
function words(figures: Figures): string[] {
  const [least, most] = [figures.points[0], figures.points.at(-1)];
  if (least === undefined || most === undefined)
    return ['Nothing could be measured: this process may have too few descriptors.'];
  return [few(figures, least, most), half(figures, most), smallest(figures, least), edges(figures)];
}

function few(figures: Figures, least: number, most: number): string {
  const poll = figures.round('poll', 'few', most)!;
  const epoll = figures.round('epoll', 'few', most)!;
  const growth = (name: string): string =>
    times(figures.round(name, 'few', most)! / figures.round(name, 'few', least)!);
  return `With ${FEW} active connections, going from ${formatValue(least, '')} to ${formatValue(most, '')} makes a round of poll take ${growth('poll')} as long and one of epoll ${growth('epoll')}: poll hands the whole list over and has it searched with each wait, while epoll keeps the list in the kernel and returns what is ready. At ${formatValue(most, '')} connections that is ${formatValue(poll, 's')} against ${formatValue(epoll, 's')} for the same ${FEW} bytes.`;
}

function half(figures: Figures, most: number): string {
  const ratio = figures.ratio('half', most)!;
  const perEvent = (name: string): string => {
    const { round, active } = figures.at(name, 'half', most)!;
    return formatValue(round! / active, 's');
  };
  const figure = `poll ${perEvent('poll')} and epoll ${perEvent('epoll')} for each event`;
  const start = `With every other of ${formatValue(most, '')} connections active,`;
  if (ratio < 1 / EQUAL)
    return `${start} poll is the faster one: ${figure}. Nearly all that it hands over is ready, so nothing is searched in vain, and epoll fetches its events in several batches.`;
  if (ratio <= EQUAL)
    return `${start} the difference is gone: ${figure}. The cost of asking is spread over many events, and most of the time goes into reading.`;
  return `${start} the difference is small, ${times(ratio)}: ${figure}. The cost of asking is spread over many events, and most of the time goes into reading.`;
}

function smallest(figures: Figures, least: number): string {
  const rounds = NAMES.map((name) => [name, figures.round(name, 'few', least)] as const);
  const known = rounds.filter((pair): pair is readonly [string, number] => pair[1] !== null);
  const [first, last] = [
    known.toSorted((a, b) => a[1] - b[1])[0]!,
    known.toSorted((a, b) => b[1] - a[1])[0]!,
  ];
  const where = `With ${formatValue(least, '')} connections`;
  if (last[1] / first[1] <= EQUAL)
    return `${where} it does not matter how one asks: all take about ${formatValue(first[1], 's')} a round.`;
  return `${where} ${first[0]} is the fastest (${formatValue(first[1], 's')} a round) and ${last[0]} the slowest (${formatValue(last[1], 's')}): ${formatValue(last[1] - first[1], 's')} that few servers would notice.`;
}

function edges(figures: Figures): string {
  const ratio = median(
    figures.points.map((point) => {
      const [level, edge] = ['epoll', EDGE].map((name) => figures.round(name, 'half', point)!);
      return level! / edge!;
    }),
  );
  const what =
    'Level-triggered epoll looks again, with the next wait, at every connection that was ready before; edge-triggered epoll does not, and its user must read until nothing is left.';
  if (Math.abs(ratio - 1) < LEVEL) return `${what} In these rounds the two hardly differ.`;
  const [slow, by] = ratio > 1 ? ['level', ratio - 1] : ['edge', 1 / ratio - 1];
  return `${what} With every other connection active, the ${slow}-triggered rounds took ${Math.round(by * 100)} % longer in the middle of all points.`;
}

/** `1.3 times`, `62 times`. */
function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : formatValue(Math.round(ratio), '')} times`;
}

class Figures {
  readonly points: readonly number[];
  readonly #samples: ReadonlyMap<string, Sample>;

  constructor(samples: readonly Sample[]) {
    this.points = [...new Set(samples.map(({ connections }) => connections))];
    this.#samples = new Map(
      samples.map((sample) => [`${sample.contender} ${sample.activity} ${sample.connections}`, sample]),
    );
  }

  at(contender: string, activity: Activity, connections: number): Sample | undefined {
    return this.#samples.get(`${contender} ${activity} ${connections}`);
  }

  round(contender: string, activity: Activity, connections: number): number | null {
    return this.at(contender, activity, connections)?.round ?? null;
  }

  /** How many times as long poll takes. */
  ratio(activity: Activity, connections: number): number | null {
    const [poll, epoll] = ['poll', 'epoll'].map((name) => this.round(name, activity, connections));
    return poll == null || epoll == null ? null : poll / epoll;
  }
}
