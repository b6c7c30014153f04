/** Runs the plan: each server in a process of its own, loaded from another. It does not know how results are shown. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HalfCloseable, moduleBeside, NetError } from '../../../../core/index.ts';
import { type Architecture, type Server, serve } from '../../../../server/index.ts';
import type { ExperimentOptions } from '../../finding.ts';
import { type LoadOptions, type LoadProgress, type LoadResult, runLoad } from '../../load/index.ts';
import { TreeMeter } from '../../process-tree-meter.ts';
import { LabProcess } from '../../processes/index.ts';
import { roundsFor } from './burn.ts';
import { PATIENCE, type Plan, PROCESS_WARMUP } from './plan.ts';
import type { FromServer, ToServer } from './server-process.ts';
import { BACK_END_DELAY, FILE_SIZE, type Shared, type Workload } from './workload.ts';

/** One load on one server. */
export interface Measurement {
  readonly workload: string;
  readonly architecture: Architecture;
  readonly loop: 'closed' | 'open';
  readonly clients: number;
  readonly load: LoadResult;
  /** Of the server's process tree in the measurement; `null` when that did not begin. */
  readonly usage: Usage | null;
}

export interface Usage {
  /** Percent of one core. */
  readonly processor: number;
  /** Bytes at the highest: proportional set size, where that can be seen. */
  readonly memory: number;
  /** Context switches a second. */
  readonly switches: number;
}

type Options = Pick<ExperimentOptions, 'signal' | 'progress'>;

export async function measureAll(plan: Plan, options: Options): Promise<Measurement[]> {
  await using stage = await openStage();
  const measurements: Measurement[] = [];
  const tours = plan.workloads.flatMap((workload) =>
    plan.architectures.map((architecture) => ({ workload, architecture })),
  );
  for (const [done, { workload, architecture }] of tours.entries()) {
    options.signal.throwIfAborted();
    options.progress(done, tours.length, `${workload.name}: ${architecture}`);
    measurements.push(...(await measureOne(plan, workload, architecture, stage.shared, options.signal)));
  }
  return measurements;
}

/** All loads on one server, and in the open loop at the end: what it left behind disturbs nobody. */
async function measureOne(
  plan: Plan,
  workload: Workload,
  architecture: Architecture,
  shared: Shared,
  signal: AbortSignal,
): Promise<Measurement[]> {
  const started = Promise.withResolvers<string>();
  const onMessage = (message: unknown): void => {
    const told = message as FromServer;
    if ('address' in told) started.resolve(told.address);
    else started.reject(new NetError('broken', `The ${architecture} server did not start: ${told.failed}`));
  };
  const module = moduleBeside(import.meta.url, 'server-process');
  await using child = new LabProcess(module, { name: `The ${architecture} server`, onMessage });
  void child.ended.then(started.reject);
  child.send({ architecture, handler: workload.handler, shared } satisfies ToServer);
  const address = await started.promise;
  const measurements: Measurement[] = [];
  for (const load of loadsOf(plan, workload, architecture)) {
    signal.throwIfAborted();
    let meter: TreeMeter | undefined;
    const onProgress = ({ phase }: LoadProgress): void => {
      if (phase === 'measurement') meter ??= new TreeMeter(child.pid!);
    };
    const result = await runLoad(address, load, { signal, onProgress });
    const usage = usageOf(meter);
    signal.throwIfAborted();
    const loop = load.rate === undefined ? 'closed' : 'open';
    const clients = load.connections!;
    measurements.push({ workload: workload.name, architecture, loop, clients, load: result, usage });
  }
  return measurements;
}

function usageOf(meter: TreeMeter | undefined): Usage | null {
  if (meter === undefined) return null;
  const { cpu, switches, peakPss, peakResident } = meter.stop();
  return {
    processor: cpu.total,
    memory: peakPss ?? peakResident,
    switches: switches.voluntary + switches.involuntary,
  };
}

function loadsOf(plan: Plan, workload: Workload, architecture: Architecture): LoadOptions[] {
  const { duration, perConnection, clients } = plan;
  // The first children take their time.
  const warmup = architecture === 'process' ? plan.warmup * PROCESS_WARMUP : plan.warmup;
  const common = { ...workload.load, duration, warmup, perConnection, timeout: PATIENCE };
  const closed = clients.map((connections) => ({ ...common, connections }));
  return [...closed, { ...common, connections: clients.at(-1)!, rate: workload.rate }];
}

/** The file and the back end that the handlers need. */
async function openStage(): Promise<AsyncDisposable & { readonly shared: Shared }> {
  const folder = mkdtempSync(join(tmpdir(), 'modnet-lab-'));
  const path = join(folder, 'small');
  writeFileSync(path, new Uint8Array(FILE_SIZE).fill(0x61));
  const backEnd: Server = await serve('tcp://127.0.0.1:0', answerLate, { signals: false, drainTimeout: 0 });
  const close = async (): Promise<void> => {
    await backEnd.close();
    rmSync(folder, { recursive: true });
  };
  const shared = { path, rounds: roundsFor(1), backEnd: String(backEnd.address) };
  return { shared, [Symbol.asyncDispose]: close };
}

async function answerLate(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) {
    await new Promise((resolve) => setTimeout(resolve, BACK_END_DELAY));
    await connection.write(chunk);
  }
}
