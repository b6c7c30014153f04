/**
 * What a tree of processes used over an interval. It samples again and again, because what has ended tells no more: the
 * peaks would be missed, and the context switches of threads that ended.
 */
import { type Clock, systemClock, type Timer } from '../../core/index.ts';
import { sampleTree, type TreeSample, trySampleTree } from './process-tree.ts';
import type { Proc, Switches } from './process-tree-proc.ts';

/** Ms between two samples. A sample of a few processes takes about one. */
export const SAMPLE_INTERVAL = 200;

export interface TreeMeterOptions {
  /** Ms; default `SAMPLE_INTERVAL`. */
  readonly interval?: number | undefined;
  /** Whether PSS is wanted. Default true; with many large processes it costs a noticeable time. */
  readonly pss?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly proc?: Proc | undefined;
}

export interface TreeUsage {
  readonly seconds: number;
  /**
   * Processor time as a share of one core, in percent: 200 is two cores. Children that ended are in it once their parents
   * have waited for them.
   */
  readonly cpu: { readonly user: number; readonly system: number; readonly total: number };
  /** The most that any sample saw, in bytes. */
  readonly peakResident: number;
  /** `null` when it could not be seen. */
  readonly peakPss: number | null;
  readonly peakProcesses: number;
  readonly peakThreads: number;
  /** A second. Those of threads that began and ended between two samples are missing. */
  readonly switches: Switches;
  /** The root has ended; the figures are those until the last sample before. */
  readonly ended: boolean;
}

export class TreeMeter {
  readonly #root: number;
  readonly #options: TreeMeterOptions;
  readonly #clock: Clock;
  readonly #first: TreeSample;
  readonly #startedAt: number;
  #last: TreeSample;
  #lastAt: number;
  #peak: Pick<TreeUsage, 'peakResident' | 'peakPss' | 'peakProcesses' | 'peakThreads'>;
  #voluntary = 0;
  #involuntary = 0;
  #ended = false;
  #stopped = false;
  #timer: Timer | undefined;

  /**
   * Measures from now on, and keeps no process alive by it.
   * @throws NetError as `sampleTree`
   */
  constructor(root: number, options: TreeMeterOptions = {}) {
    this.#root = root;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#first = sampleTree(root, options);
    this.#last = this.#first;
    this.#startedAt = this.#clock.now();
    this.#lastAt = this.#startedAt;
    const { resident, pss, processes, threads } = this.#first;
    this.#peak = { peakResident: resident, peakPss: pss, peakProcesses: processes, peakThreads: threads };
    this.#schedule();
  }

  /** What was used until now; measuring goes on. */
  usage(): TreeUsage {
    if (!this.#stopped) this.#sample();
    const seconds = (this.#lastAt - this.#startedAt) / 1000;
    const user = share(this.#last.user - this.#first.user, seconds);
    const system = share(this.#last.system - this.#first.system, seconds);
    return {
      seconds,
      cpu: { user, system, total: user + system },
      ...this.#peak,
      switches: {
        voluntary: rate(this.#voluntary, seconds),
        involuntary: rate(this.#involuntary, seconds),
      },
      ended: this.#ended,
    };
  }

  /** What was used until now; nothing is measured any more. Called again it tells the same. */
  stop(): TreeUsage {
    const usage = this.usage();
    this.#stopped = true;
    this.#timer?.cancel();
    return usage;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #schedule(): void {
    const interval = this.#options.interval ?? SAMPLE_INTERVAL;
    this.#timer = this.#clock.after(interval, () => this.#onTimer(), { background: true });
  }

  #onTimer(): void {
    this.#sample();
    if (!this.#ended) this.#schedule();
  }

  #sample(): void {
    if (this.#ended) return;
    const sample = trySampleTree(this.#root, this.#options);
    if (sample === null) {
      this.#ended = true;
      return;
    }
    this.#countSwitches(sample);
    this.#raisePeak(sample);
    this.#last = sample;
    this.#lastAt = this.#clock.now();
  }

  /** Thread by thread: the sum over the living falls when one ends. One that is new counts from its beginning. */
  #countSwitches(sample: TreeSample): void {
    for (const [thread, { voluntary, involuntary }] of sample.switchesByThread) {
      const before = this.#last.switchesByThread.get(thread);
      this.#voluntary += voluntary - (before?.voluntary ?? 0);
      this.#involuntary += involuntary - (before?.involuntary ?? 0);
    }
  }

  #raisePeak({ resident, pss, processes, threads }: TreeSample): void {
    const { peakResident, peakPss, peakProcesses, peakThreads } = this.#peak;
    this.#peak = {
      peakResident: Math.max(peakResident, resident),
      peakPss: pss === null ? peakPss : Math.max(peakPss ?? 0, pss),
      peakProcesses: Math.max(peakProcesses, processes),
      peakThreads: Math.max(peakThreads, threads),
    };
  }
}

/** Percent of one core. Below nothing only when somebody ended whom nobody waited for. */
function share(ms: number, seconds: number): number {
  return Math.max(0, rate(ms / 10, seconds));
}

function rate(count: number, seconds: number): number {
  return seconds > 0 ? count / seconds : 0;
}
