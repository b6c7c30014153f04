/** What the sizes of calls and of socket buffers do to a stream, and what Nagle's algorithm does to a dialogue. */
import type { Experiment, ExperimentOptions, Finding } from '../../finding.ts';
import { Duel } from './duel.ts';
import {
  bareCall,
  type DialogueCase,
  type DialogueFigures,
  LARGE,
  measureDialogue,
  measureStream,
  type StreamFigures,
  type StreamPoint,
} from './measure.ts';
import { report } from './report.ts';
import { measureRounds, mediansOf } from './rounds.ts';

export interface BuffersParameters {
  /** Bytes of a read or a write. */
  readonly calls: readonly number[];
  /** SO_SNDBUF and SO_RCVBUF, bytes. */
  readonly buffers: readonly number[];
  /** Seconds of each stream. */
  readonly seconds: number;
  readonly rounds: number;
  readonly requests: number;
}

export interface Streamed {
  readonly point: StreamPoint;
  /** The medians. */
  readonly figures: StreamFigures;
  /** The best round by the worst, in bytes a second. */
  readonly spread: number;
}

export interface BuffersResults {
  readonly reads: readonly Streamed[];
  readonly writes: readonly Streamed[];
  readonly buffers: readonly Streamed[];
  readonly dialogues: readonly (readonly [DialogueCase, DialogueFigures])[];
  /** Seconds. */
  readonly bareCall: number;
  readonly processors: readonly [number, number] | null;
}

const KIB = 1024;
/** Bytes of a write while buffers are the question: through small ones a larger write takes longer than a measurement. */
const WRITE = 64 * KIB;
const FULL: BuffersParameters = {
  calls: Array.from({ length: 11 }, (_, power) => 4 ** power),
  buffers: [4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, 1024 * KIB, 4096 * KIB],
  seconds: 0.08,
  rounds: 5,
  requests: 20,
};
const QUICK: BuffersParameters = {
  calls: Array.from({ length: 6 }, (_, power) => 16 ** power),
  buffers: [4 * KIB, 64 * KIB, 1024 * KIB],
  seconds: 0.03,
  rounds: 5,
  requests: 10,
};

const CASES: readonly DialogueCase[] = [
  { name: 'two writes', noDelay: false, quickAck: 'default', sending: 'two writes' },
  { name: 'TCP_QUICKACK, set once', noDelay: false, quickAck: 'once', sending: 'two writes' },
  { name: 'TCP_QUICKACK before every read', noDelay: false, quickAck: 'always', sending: 'two writes' },
  { name: 'TCP_NODELAY', noDelay: true, quickAck: 'default', sending: 'two writes' },
  { name: 'both', noDelay: true, quickAck: 'always', sending: 'two writes' },
  { name: 'TCP_CORK around the writes', noDelay: false, quickAck: 'default', sending: 'cork' },
  { name: 'one writev', noDelay: false, quickAck: 'default', sending: 'writev' },
];

export const buffers: Experiment = {
  name: 'buffers',
  about: 'sizes of reads, writes and socket buffers; Nagle and delayed acknowledgements',
  seconds: { full: 40, quick: 11 },
  run: (options) => runBuffers(options, options.quick ? QUICK : FULL),
};

/** The experiment with parameters of its own. */
export async function runBuffers(
  options: ExperimentOptions,
  parameters: BuffersParameters,
): Promise<Finding> {
  const { signal, progress } = options;
  signal.throwIfAborted();
  await using duel = new Duel(signal);
  const streams = (points: readonly StreamPoint[]) => measureStreams(duel, points, parameters);
  progress(0, 4, 'sizes of reads');
  const reads = await streams(parameters.calls.map((read) => point('read', LARGE, read)));
  progress(1, 4, 'sizes of writes');
  const writes = await streams(parameters.calls.flatMap(writePoints));
  progress(2, 4, 'sizes of socket buffers');
  const buffered = await streams(bufferPoints(parameters.buffers));
  progress(3, 4, 'requests in two parts');
  const dialogues = await measureDialogues(duel, parameters);
  const { processors } = duel;
  return report(
    { reads, writes, buffers: buffered, dialogues, bareCall: bareCall(), processors },
    parameters,
  );
}

function point(series: string, write: number, read: number, setup: StreamPoint['setup'] = {}): StreamPoint {
  return { series, write, read, setup };
}

function writePoints(size: number): StreamPoint[] {
  return [point('Nagle', size, LARGE), point('TCP_NODELAY', size, LARGE, { client: { noDelay: true } })];
}

/** The kernel chooses; then each side alone, and both. */
function bufferPoints(sizes: readonly number[]): StreamPoint[] {
  return [
    point('automatic', WRITE, LARGE),
    ...sizes.flatMap((size) => [
      point('SO_SNDBUF', WRITE, LARGE, { client: { sendBuffer: size } }),
      point('SO_RCVBUF', WRITE, LARGE, { server: { receiveBuffer: size } }),
      point('both', WRITE, LARGE, { client: { sendBuffer: size }, server: { receiveBuffer: size } }),
    ]),
  ];
}

async function measureStreams(
  duel: Duel,
  points: readonly StreamPoint[],
  { rounds, seconds }: BuffersParameters,
): Promise<Streamed[]> {
  const samples = await measureRounds<StreamPoint, keyof StreamFigures>(points, rounds, (one) =>
    measureStream(duel, one, seconds),
  );
  return points.map((one, index) => {
    const speeds = samples[index]!.map(({ bytesPerSecond }) => bytesPerSecond);
    const spread = Math.max(...speeds) / Math.min(...speeds);
    return { point: one, figures: mediansOf(samples[index]!), spread };
  });
}

async function measureDialogues(
  duel: Duel,
  { rounds, requests }: BuffersParameters,
): Promise<(readonly [DialogueCase, DialogueFigures])[]> {
  const latencies = CASES.map((): number[] => []);
  const samples = await measureRounds([...CASES.keys()], rounds, async (index) => {
    const found = await measureDialogue(duel, CASES[index]!, requests);
    latencies[index]!.push(...found.latencies);
    return { segments: found.segments, acknowledgements: found.acknowledgements };
  });
  return CASES.map(
    (one, index) => [one, { ...mediansOf(samples[index]!), latencies: latencies[index]! }] as const,
  );
}
