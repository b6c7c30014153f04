/** What a load measured, as plain data. */
import type { HistogramData, Percentiles } from './histogram.ts';
import type { LoadError } from './tally.ts';

/** All times in ms but `seconds`. */
export interface LoadResult {
  readonly address: string;
  /** `open`: on a schedule. `closed`: each request waits for the answer to the last. */
  readonly loop: 'open' | 'closed';
  readonly connections: number;
  readonly pipeline: number;
  /** Bytes of one request. */
  readonly requestBytes: number;
  /** `duration`: as long as was asked for. `no answers`: given up because every connection failed and none was answered. */
  readonly ended: 'duration' | 'interrupted' | 'no answers';
  /** Of the measurement, without the warm-up. When it was ended in the warm-up, of that. */
  readonly seconds: number;
  /** Answered. Slow clients' are not among them. */
  readonly requests: number;
  /** Answers a second. */
  readonly throughput: number;
  /** Open loop: what was asked for, and the requests that were due. */
  readonly schedule: { readonly rate: number; readonly due: number; readonly worstDelay: number } | null;
  readonly bytes: { readonly sent: number; readonly received: number };
  /** From when a request was sent, or was to be sent (open loop), to its complete answer. */
  readonly latency: Percentiles | null;
  /** From the beginning, with the first connections and those of the warm-up. */
  readonly connect: {
    readonly opened: number;
    /** Ended by the server or given up, before their requests were done. */
    readonly lost: number;
    readonly latency: Percentiles | null;
  };
  /** From the beginning. */
  readonly errors: readonly LoadError[];
  /** From the beginning: answers with a wrong byte, and bytes that nobody had asked for. */
  readonly wrong: number;
  /** At the end: sent and not answered, due and not sent, and the age of the oldest of both. Not in `latency`. */
  readonly unfinished: { readonly underWay: number; readonly queued: number; readonly oldest: number };
  /** `null` without slow clients. */
  readonly slow: {
    readonly clients: number;
    readonly requests: number;
    readonly latency: Percentiles | null;
  } | null;
  /** Processor time of the process that generated the load, in percent of one core: near 100 it is the bottleneck itself. */
  readonly generatorCpu: number;
  /** For percentiles of several loads together, and for charts. */
  readonly histograms: {
    readonly latency: HistogramData;
    readonly connect: HistogramData;
    readonly slow: HistogramData;
  };
}

/** So far, since the measurement or the warm-up began. */
export interface LoadProgress {
  readonly phase: 'warm-up' | 'measurement';
  readonly seconds: number;
  /** Of the phase in all. */
  readonly of: number;
  readonly requests: number;
  /** From the beginning. */
  readonly errors: number;
}
