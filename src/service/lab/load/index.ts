export { Histogram, type HistogramData, type Percentiles } from './histogram.ts';
export { type LoadControl, load } from './load.ts';
export {
  type Answer,
  type LoadOptions,
  MAX_CONNECTIONS,
  MAX_DURATION,
  MAX_PIPELINE,
  MAX_RATE,
  MAX_REQUEST,
  planLoad,
  REQUEST_TIMEOUT,
  SLOW_INTERVAL,
} from './options.ts';
export type { LoadProgress, LoadResult } from './result.ts';
export { type RemoteLoadResult, type RunLoadOptions, runLoad } from './run-load.ts';
export type { LoadError } from './tally.ts';
