/** What framings cost, by how the bytes arrive. It knows no socket: a read is a piece of a stream in memory. */
import { setImmediate } from 'node:timers/promises';
import type { Experiment, ExperimentOptions, Finding } from '../../finding.ts';
import { median } from '../../median.ts';
import { kindsFor } from './kinds.ts';
import { makePoint, measure, type Point } from './measure.ts';
import { report } from './report.ts';

export interface FramingParameters {
  /** Bytes of a message. */
  readonly sizes: readonly number[];
  /** Bytes of a read. */
  readonly reads: readonly number[];
  readonly rounds: number;
  /** Seconds of a measurement. */
  readonly budget: number;
  /** Bytes of a stream at least; 128 KiB by default. */
  readonly shortest?: number;
}

/** Seconds a message, of one framing at one size of messages, by the size of the reads. */
export interface Curve {
  readonly spec: string;
  readonly size: number;
  readonly costs: readonly (readonly [read: number, seconds: number])[];
}

/** 1 byte to 1 MiB. */
const READS: readonly number[] = Array.from({ length: 11 }, (_, power) => 4 ** power);
const QUICK: FramingParameters = { sizes: [64, 16_384], reads: READS, rounds: 3, budget: 0.005 };
const FULL: FramingParameters = { sizes: [64, 1024, 65_536], reads: READS, rounds: 5, budget: 0.02 };

export const framing: Experiment = {
  name: 'framing',
  about: 'what each framing costs, by the size of the reads and of the messages',
  seconds: { full: 45, quick: 8 },
  run: (options) => runFraming(options, options.quick ? QUICK : FULL),
};

/** The experiment with parameters of its own. */
export async function runFraming(
  options: ExperimentOptions,
  parameters: FramingParameters,
): Promise<Finding> {
  const curves: Curve[] = [];
  for (const [index, size] of parameters.sizes.entries()) {
    options.progress(index, parameters.sizes.length, `messages of ${size} bytes`);
    curves.push(...(await measureSize(size, parameters, options.signal)));
  }
  return report(curves, parameters);
}

async function measureSize(
  size: number,
  parameters: FramingParameters,
  signal: AbortSignal,
): Promise<Curve[]> {
  const kinds = kindsFor(size);
  const costs = kinds.map((): [number, number][] => []);
  for (const read of parameters.reads) {
    const points = kinds.map((kind) => makePoint(kind, size, read, parameters.shortest));
    const medians = await measureAll(points, parameters, signal);
    medians.forEach((seconds, index) => {
      costs[index]!.push([read, seconds]);
    });
  }
  return kinds.map(({ spec }, index) => ({ spec, size, costs: costs[index]! }));
}

/** Round by round, each in the opposite order of the one before, so that nothing that drifts favours one of them. */
async function measureAll(
  points: readonly Point[],
  { rounds, budget }: FramingParameters,
  signal: AbortSignal,
): Promise<number[]> {
  const times = points.map((): number[] => []);
  const order = points.map((_, index) => index);
  for (const index of order) measure(points[index]!, 0.1 * budget);
  for (let round = 0; round < rounds; round++) {
    for (const index of order) {
      await setImmediate();
      signal.throwIfAborted();
      times[index]!.push(measure(points[index]!, budget));
    }
    order.reverse();
  }
  return times.map(median);
}
