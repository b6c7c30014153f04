/** `npm run bench -- NAME…`: runs benchmarks, prints their tables, writes their figures down. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark } from './benchmark.ts';
import { accept } from './benchmarks/accept.ts';
import { architectures } from './benchmarks/architectures.ts';
import { echo } from './benchmarks/echo.ts';
import { exchange } from './benchmarks/exchange.ts';
import { http } from './benchmarks/http.ts';
import { idle } from './benchmarks/idle.ts';
import { relay } from './benchmarks/relay.ts';
import { throughput } from './benchmarks/throughput.ts';
import { tls } from './benchmarks/tls.ts';
import { udp } from './benchmarks/udp.ts';
import { websocket } from './benchmarks/websocket.ts';
import { runCase, type Settings } from './harness.ts';
import { chooseCores, describeMachine } from './machine.ts';
import { profileFlags, topFunctions } from './profile.ts';
import { compiled } from './programs.ts';
import { type CaseResult, insertSection, markdownOf, textOf, verdictsOf } from './report.ts';
import { medianOf, ratio } from './statistics.ts';

const BENCHMARKS: readonly Benchmark[] = [
  echo,
  throughput,
  udp,
  relay,
  idle,
  accept,
  exchange,
  architectures,
  http,
  websocket,
  tls,
];
const RESULTS = join(import.meta.dirname, 'results');

const HELP = `Usage: npm run bench -- NAME… [options]

  NAME             ${BENCHMARKS.map((benchmark) => benchmark.name).join(', ')}, or all
  --rounds N       rounds over all peers (default 5)
  --seconds S      counted seconds of one measurement (default 2)
  --warmup S       seconds before them (default 1)
  --only PEER      only this peer, as it is named in the table; may be repeated
  --case TEXT      only cases whose name contains it
  --load PROGRAM   the load generator: c, or node where there is no C compiler
  --smoke          one very short round: does everything run? The figures mean nothing
  --json FILE      also write all results to one file (each goes to bench/results/NAME.json anyway)
  --markdown FILE  put the tables between the markers of this page
  --cpu-prof       profile modnet's servers and print where their time went

The last line says how many peers ran and how many failed; the exit code is 1 when one failed, 2 for wrong usage.
`;

const OPTIONS = {
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  warmup: { type: 'string' },
  only: { type: 'string', multiple: true },
  case: { type: 'string' },
  load: { type: 'string' },
  smoke: { type: 'boolean' },
  json: { type: 'string' },
  markdown: { type: 'string' },
  'cpu-prof': { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

type Flags = ReturnType<typeof parse>['values'];

process.exitCode = await main();

async function main(): Promise<number> {
  const { values: flags, positionals } = parse();
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const chosen = choose(positionals);
  if (flags.smoke) console.log('A smoke run: does everything run? The figures mean nothing.\n');
  const settings = settingsOf(flags);
  const tally = { passed: 0, failed: 0 };
  const written: object[] = [];
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  for (const benchmark of chosen) {
    const results = await run(benchmark, settings, flags);
    written.push(record(benchmark, results, settings));
    publish(benchmark, results, settings, flags);
    count(results, tally);
  }
  if (flags.json !== undefined) writeJson(flags.json, written);
  console.log(`${tally.passed} passed, ${tally.failed} failed`);
  return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}

function parse() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    return usage((error as Error).message);
  }
}

function usage(message: string): never {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}

function choose(names: readonly string[]): readonly Benchmark[] {
  if (names.includes('all')) return BENCHMARKS;
  if (names.length === 0) usage('Which benchmark?');
  return names.map(
    (name) =>
      BENCHMARKS.find((benchmark) => benchmark.name === name) ?? usage(`There is no benchmark "${name}"`),
  );
}

function settingsOf(flags: Flags): Settings {
  const number = (name: 'rounds' | 'seconds' | 'warmup', otherwise: number, smoke: number): number => {
    const value = flags[name] === undefined ? (flags.smoke ? smoke : otherwise) : Number(flags[name]);
    return value > 0 ? value : usage(`--${name} takes a number above 0`);
  };
  return {
    rounds: Math.ceil(number('rounds', 5, 1)),
    seconds: number('seconds', 2, 0.1),
    warmup: number('warmup', 1, 0.1),
    smoke: flags.smoke ?? false,
    cores: chooseCores(),
    load: loadGenerator(flags.load),
    nodeFlags: [],
    only: flags.only ?? [],
    progress: progressOf(process.stderr),
  };
}

function loadGenerator(asked: string | undefined): readonly string[] {
  const program = asked === 'node' ? null : compiled('load');
  if (program !== null) return [program];
  if (asked === 'c') usage('There is no C compiler');
  console.log('The load comes from Node: differences look smaller than they are.\n');
  return [process.execPath, join(import.meta.dirname, 'load-node.ts')];
}

/** One line that rewrites itself, where somebody watches. */
function progressOf(stream: NodeJS.WriteStream): (text: string) => void {
  if (!stream.isTTY) return () => {};
  return (text) => stream.write(`\r\x1b[K${text}`);
}

async function run(benchmark: Benchmark, settings: Settings, flags: Flags): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of benchmark.cases.filter((each) => each.name.includes(flags.case ?? ''))) {
    const rows = flags['cpu-prof'] ? await profiled(one, settings) : await runCase(one, settings);
    results.push({ one, rows, judged: !settings.smoke });
  }
  settings.progress('');
  return results;
}

/** Profiling costs time, so that the figures of such a run are not written anywhere but here. */
async function profiled(one: CaseResult['one'], settings: Settings): Promise<CaseResult['rows']> {
  const named = one.peers.filter(
    (peer) => peer.name.startsWith('modnet') && !peer.name.endsWith('node driver'),
  );
  const names = settings.only.length > 0 ? settings.only : named.map((peer) => peer.name);
  const rows: CaseResult['rows'][] = [];
  for (const name of names) {
    const folder = join(RESULTS, 'profile', name.replaceAll(/\W+/g, '-'));
    rows.push(await runCase(one, { ...settings, rounds: 1, only: [name], nodeFlags: profileFlags(folder) }));
    console.log(`${one.name}, ${name}: self time (profiles in ${folder})\n${topFunctions(folder)}\n`);
  }
  return rows.flat();
}

function publish(
  benchmark: Benchmark,
  results: readonly CaseResult[],
  settings: Settings,
  flags: Flags,
): void {
  console.log(textOf(benchmark, results));
  const failures = results.flatMap(({ one, rows }) =>
    rows
      .filter((row) => row.failed !== undefined)
      .map((row) => `${one.name}, ${row.peer} failed: ${row.failed}`),
  );
  for (const failure of failures) console.log(`${failure}\n`);
  // What is partial, slowed down or too short does not replace figures that were taken before.
  if (flags['cpu-prof'] || flags.smoke || flags.only !== undefined || flags.case !== undefined) return;
  writeJson(join(RESULTS, `${benchmark.name}.json`), record(benchmark, results, settings));
  if (flags.markdown === undefined) return;
  const section = markdownOf(benchmark, results, setupOf(settings));
  writeFileSync(flags.markdown, insertSection(readFileSync(flags.markdown, 'utf8'), benchmark.name, section));
}

function setupOf(settings: Settings): string {
  const { cpu, cores, system, node, pinning } = describeMachine(settings.cores);
  const date = new Date().toISOString().slice(0, 10);
  return `Medians of ${settings.rounds} round${settings.rounds === 1 ? '' : 's'} of ${settings.seconds} s; ${cpu}, ${cores} cores, ${system}, Node ${node}, ${pinning}, ${date}.`;
}

function record(benchmark: Benchmark, results: readonly CaseResult[], settings: Settings): object {
  const { rounds, seconds, warmup, smoke } = settings;
  return {
    benchmark: benchmark.name,
    date: new Date().toISOString(),
    machine: describeMachine(settings.cores),
    settings: { rounds, seconds, warmup, smoke },
    cases: results.map((result) => ({
      name: result.one.name,
      unit: result.one.unit,
      peers: result.rows.map((row) => ({
        ...row,
        median: medianOf(row, 'value'),
        ratios: Object.fromEntries(
          result.one.subjects.map((subject) => [`${subject} / this`, ratio(result.rows, subject, row.peer)]),
        ),
      })),
      targets: verdictsOf(result).map(({ text, value, met }) => ({ text, value, met })),
    })),
  };
}

function count(results: readonly CaseResult[], tally: { passed: number; failed: number }): void {
  for (const row of results.flatMap((result) => result.rows)) {
    if (row.failed !== undefined) tally.failed++;
    else if (row.missing === undefined) tally.passed++;
  }
}

function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
