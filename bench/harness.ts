/**
 * Runs a case: every round starts each peer's server afresh in a process of its own, loads it from another, and
 * stops it; the order turns round from one round to the next. It does not know what is measured.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Case, Launch, LoadOptions, Peer, Sample, Server } from './benchmark.ts';
import { Child } from './child.ts';
import type { Cores } from './machine.ts';
import type { Row } from './statistics.ts';

export interface Settings {
  readonly rounds: number;
  /** Counted seconds of one measurement, and those before them that let compilers and caches settle. */
  readonly seconds: number;
  readonly warmup: number;
  readonly smoke: boolean;
  readonly cores: Cores | null;
  /** What runs the load generator: the compiled program, or Node with the one in TypeScript. */
  readonly load: readonly string[];
  /** Put between `node` and the script of a server; for profiling. */
  readonly nodeFlags: readonly string[];
  readonly only: readonly string[];
  progress(text: string): void;
}

const START_DEADLINE = 10_000;
const LOAD_DEADLINE = 30_000;

export async function runCase(one: Case, settings: Settings): Promise<Row[]> {
  const samples = new Map<string, Sample[]>();
  const troubles = new Map<string, string>();
  const peers = one.peers.filter((peer) => settings.only.length === 0 || settings.only.includes(peer.name));
  const present = peers.filter((peer) => missing(peer) === undefined);
  for (let round = 0; round < settings.rounds; round++) {
    const order = round % 2 === 0 ? present : present.toReversed();
    for (const peer of order.filter((each) => !troubles.has(each.name))) {
      settings.progress(`${one.name}: round ${round + 1} of ${settings.rounds}, ${peer.name}`);
      const outcome = await measureOnce(one, peer, settings);
      if (typeof outcome === 'string') troubles.set(peer.name, outcome);
      else samples.set(peer.name, [...(samples.get(peer.name) ?? []), outcome]);
    }
  }
  return peers.map((peer) => row(peer, samples.get(peer.name) ?? [], troubles.get(peer.name)));
}

function row(peer: Peer, samples: readonly Sample[], failed: string | undefined): Row {
  const gap = missing(peer);
  return {
    peer: peer.name,
    samples,
    ...(gap === undefined ? {} : { missing: gap }),
    ...(failed === undefined ? {} : { failed }),
  };
}

function missing(peer: Peer): string | undefined {
  const launch = peer.launch(0);
  return 'missing' in launch ? launch.missing : undefined;
}

async function measureOnce(one: Case, peer: Peer, settings: Settings): Promise<Sample | string> {
  const run = new Measurement(settings);
  try {
    const sample = await one.measure(run, peer);
    await run.stop();
    return sample;
  } catch (reason) {
    await run.stop();
    // A server that dies fails the load as well: tell both.
    return [...new Set([(reason as Error).message, ...run.failures])].join('\n');
  }
}

class Measurement implements Bench {
  readonly #settings: Settings;
  #children: Child[] = [];

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get smoke(): boolean {
    return this.#settings.smoke;
  }

  get failures(): string[] {
    return this.#children.map((child) => child.failure).filter((failure) => failure !== undefined);
  }

  async start(launch: Launch): Promise<Server> {
    if ('missing' in launch) throw new Error(launch.missing);
    const core = launch.everywhere ? undefined : this.#settings.cores?.server;
    const child = this.#child(withFlags(launch.argv, this.#settings.nodeFlags), core);
    if (launch.port === undefined) return { child, port: Number(await child.line('ready ', START_DEADLINE)) };
    await listening(launch.port);
    return { child, port: launch.port };
  }

  startLoad(options: LoadOptions, port: number): Child {
    const { load, warmup, seconds, cores } = this.#settings;
    const { mode, program = load, ...rest } = options;
    const flags = Object.entries({ port, warmup, seconds, ...rest }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]);
    return this.#child([...program, mode, ...flags], cores?.load);
  }

  async finishLoad(load: Child, server: Server): Promise<Sample> {
    await load.line('begin', LOAD_DEADLINE + this.#settings.warmup * 1000);
    const began = performance.now();
    const used = server.child.cpuSeconds();
    const result = await load.line('{', LOAD_DEADLINE + this.#settings.seconds * 1000);
    const cpu = (server.child.cpuSeconds() - used) / ((performance.now() - began) / 1000);
    const figures = JSON.parse(`{${result}`) as { rate: number };
    return { cpu, ...figures, value: figures.rate };
  }

  async stop(): Promise<void> {
    // The load first: a server that is stopped first fails it.
    for (const child of this.#children.toReversed()) await child.stop();
  }

  #child(argv: readonly string[], core: number | undefined): Child {
    const child = new Child(argv, core);
    this.#children.push(child);
    return child;
  }
}

function withFlags(argv: readonly string[], flags: readonly string[]): readonly string[] {
  return argv[0] === process.execPath ? [argv[0], ...flags, ...argv.slice(1)] : argv;
}

/** Waits until something listens on a port, without connecting: a relay would take that for a client. */
async function listening(port: number): Promise<void> {
  const row = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ 0A `);
  for (const end = Date.now() + START_DEADLINE; Date.now() < end; await sleep(20)) {
    if (row.test(readFileSync('/proc/net/tcp', 'utf8'))) return;
  }
  throw new Error(`Nothing listens on port ${port} after ${START_DEADLINE} ms`);
}
