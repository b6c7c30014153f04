export { ARCHITECTURES, type Architecture } from './architecture.ts';
export type { Context, Handler } from './handler.ts';
export {
  DRAIN,
  IDLE,
  MAX_CONNECTIONS,
  MAX_WORKERS,
  PROCESS_CAP,
  QUEUE,
  type ServeOptions,
  START,
  THREAD_CAP,
} from './options.ts';
export { serve } from './serve.ts';
export {
  type Counts,
  type Drained,
  type Server,
  type ServerEvent,
  type Statistics,
  serverEvents,
  type WorkerStatistics,
} from './server.ts';
