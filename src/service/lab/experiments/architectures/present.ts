/** What the figures of the architectures show, as a finding. Pure: the words depend on what was measured. */
import { availableParallelism } from 'node:os';
import type { Architecture } from '../../../../server/index.ts';
import type { Bars, Cell, Finding, Lines, Part, Table, Words } from '../../finding.ts';
import { formatValue } from '../../report/units.ts';
import type { Measurement } from './measure.ts';
import { PATIENCE, type Plan, workersOf } from './plan.ts';
import { BACK_END_DELAY, type Workload } from './workload.ts';

/** What differs by less is called equal: two runs on a busy machine differ as much. */
const EQUAL = 1.15;

/** How each is arranged, in the words of the report. */
const ARRANGED: Readonly<Record<Architecture, (workers: number | undefined) => string>> = {
  serial: () => 'serial: one connection at a time',
  process: (workers) => `process: a child process a connection, at most ${workers}`,
  thread: (workers) => `thread: a thread a connection, at most ${workers}`,
  prefork: (workers) => `prefork: ${workers} processes, a connection each at a time`,
  pool: (workers) => `pool: ${workers} blocking threads behind a queue`,
  reactor: () => 'reactor: one event loop for all connections',
  hybrid: (workers) => `hybrid: ${workers} event loops in threads`,
};

export function present(measurements: readonly Measurement[], plan: Plan): Finding {
  return {
    name: 'architectures',
    title: 'Seven architectures, one handler',
    question:
      'A server can take its connections one by one, give each a process or a thread, keep a crew of them ready, or serve all from an event loop. The same handlers run under all seven: what does each do well, and what does it cost?',
    method: methodOf(plan),
    parts: [
      ...plan.workloads.flatMap((workload) => partsOf(workload, measurements, plan)),
      wordsOf(measurements, plan),
    ],
  };
}

function methodOf(plan: Plan): string[] {
  const { duration, warmup, perConnection, clients, architectures } = plan;
  const seconds = (ms: number): string => formatValue(ms / 1000, 's');
  return [
    'Each server runs in a process of its own and is started anew for each handler; the load comes from another process. The server may use all cores, because what the architectures make of them is the question; the load generator shares them with it, so that the most that two cores can give is less than twice one.',
    `Closed loop: ${clients.join(', ')} clients at a time; each connects, makes ${perConnection} requests, one after the answer to the other, and connects anew. Open loop: the requests come on a fixed schedule, whether or not earlier ones are answered, and the time counts from when a request was due: a server that falls behind cannot hide it.`,
    `Each figure is one measurement of ${seconds(duration)} after ${seconds(warmup)} of warm-up. A client gives up after ${seconds(PATIENCE)}; what it then has not got counts as unanswered. Of 100 answers, 99 took no longer than p99.`,
    `CPU time, memory (proportional set size, at its highest) and context switches are those of the whole process tree of the server. 100 % is one core; this machine has ${availableParallelism()}.`,
    `The architectures: ${architectures.map((name) => ARRANGED[name](workersOf(name).workers)).join('; ')}.`,
    `The back end is a server in a third process that answers after ${BACK_END_DELAY} ms.`,
  ];
}

function partsOf(workload: Workload, all: readonly Measurement[], plan: Plan): Part[] {
  const own = all.filter((one) => one.workload === workload.name);
  const most = plan.clients.at(-1)!;
  const closed = own.filter(({ loop }) => loop === 'closed');
  const crowded = closed.filter(({ clients }) => clients === most);
  const open = own.filter(({ loop }) => loop === 'open');
  const shown: Part[] = [barsOf(workload, crowded, most)];
  if (plan.clients.length > 2) shown.push(linesOf(workload, closed, plan));
  return [...shown, closedTable(workload, crowded, most), openTable(workload, open)];
}

function barsOf({ title }: Workload, crowded: readonly Measurement[], clients: number): Bars {
  return {
    kind: 'bars',
    title: `${title}: answers with ${clients} clients`,
    label: 'answers',
    unit: 'per second',
    bars: crowded.map(({ architecture, load }) => ({ name: architecture, value: load.throughput })),
  };
}

function linesOf({ title }: Workload, closed: readonly Measurement[], plan: Plan): Lines {
  const series = plan.architectures.map((name) => ({
    name,
    points: closed
      .filter(({ architecture }) => architecture === name)
      .map(({ clients, load }) => [clients, load.requests === 0 ? null : load.throughput] as const),
  }));
  return {
    kind: 'lines',
    title: `${title}: answers by the number of clients`,
    x: { label: 'clients at a time', unit: '', scale: 'log' },
    y: { label: 'answers', unit: 'per second', scale: 'log' },
    series,
  };
}

function closedTable({ title }: Workload, crowded: readonly Measurement[], clients: number): Table {
  return {
    kind: 'table',
    title: `${title}: closed loop, ${clients} clients`,
    columns: [
      { name: 'architecture' },
      { name: 'answers', unit: 'per second' },
      { name: 'median', unit: 's' },
      { name: 'p99', unit: 's' },
      { name: 'slowest', unit: 's' },
      { name: 'unanswered' },
      { name: 'CPU', unit: '%' },
      { name: 'memory', unit: 'bytes' },
      { name: 'switches', unit: 'per second' },
    ],
    rows: crowded.map((one) => [
      one.architecture,
      one.load.throughput,
      ...latencies(one),
      unanswered(one),
      one.usage === null ? null : Math.round(one.usage.processor),
      one.usage?.memory ?? null,
      one.usage?.switches ?? null,
    ]),
  };
}

function openTable({ title, rate }: Workload, open: readonly Measurement[]): Table {
  return {
    kind: 'table',
    title: `${title}: open loop, ${rate} requests a second`,
    columns: [
      { name: 'architecture' },
      { name: 'answers', unit: 'per second' },
      { name: 'median', unit: 's' },
      { name: 'p99', unit: 's' },
      { name: 'slowest', unit: 's' },
      { name: 'unanswered' },
      { name: 'CPU', unit: '%' },
    ],
    rows: open.map((one) => [
      one.architecture,
      one.load.throughput,
      ...latencies(one),
      unanswered(one),
      one.usage === null ? null : Math.round(one.usage.processor),
    ]),
  };
}

function latencies({ load }: Measurement): Cell[] {
  const { latency } = load;
  if (latency === null) return [null, null, null];
  return [latency.p50 / 1000, latency.p99 / 1000, latency.max / 1000];
}

/** Failed, or due and without an answer at the end, but for those that are under way in any closed loop. */
function unanswered({ load, loop }: Measurement): number {
  const failed = load.errors.reduce((sum, { count }) => sum + count, 0);
  return loop === 'closed' ? failed : failed + load.unfinished.underWay + load.unfinished.queued;
}

function wordsOf(all: readonly Measurement[], plan: Plan): Words {
  const most = plan.clients.at(-1)!;
  const crowded = all.filter(({ loop, clients }) => loop === 'closed' && clients === most);
  const paragraphs = plan.workloads.flatMap(({ name, title }) => {
    const ranked = crowded
      .filter(({ workload, load }) => workload === name && load.requests > 0)
      .sort((a, b) => b.load.throughput - a.load.throughput);
    return ranked.length < 2 ? [] : [ranking(title, ranked)];
  });
  return { kind: 'words', title: 'What it shows', paragraphs: [...paragraphs, ...footprint(crowded)] };
}

function ranking(title: string, ranked: readonly Measurement[]): string {
  const best = ranked[0]!.load.throughput;
  const last = ranked.at(-1)!;
  const first = ranked.filter(({ load }) => best / load.throughput < EQUAL).map((one) => one.architecture);
  const times = formatValue(best / last.load.throughput, '');
  const lead =
    first.length === 1 ? `${first[0]} answers most` : `${listed(first)} answer most, about equally`;
  return `${title}: ${lead} (${formatValue(best, 'per second')}), ${times} times as much as ${last.architecture}, which answers least.`;
}

function footprint(crowded: readonly Measurement[]): string[] {
  const seen = crowded.flatMap(({ architecture, workload, usage }) =>
    usage === null ? [] : [{ architecture, workload, memory: usage.memory }],
  );
  const sorted = seen.toSorted((a, b) => a.memory - b.memory);
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (least === undefined || most === undefined || least === most) return [];
  const told = [least, most].map(
    ({ architecture, workload, memory }) => `${formatValue(memory, 'bytes')} (${architecture}, ${workload})`,
  );
  return [
    `Memory: from ${told.join(' to ')}. Each process and each thread brings a JavaScript engine of its own.`,
  ];
}

function listed(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
