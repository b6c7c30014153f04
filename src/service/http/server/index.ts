export { type AccessLog, type AccessLogFormat, accessLine } from './access-log.ts';
export {
  type HttpErrorEvent,
  type HttpFaultEvent,
  type HttpRequestEvent,
  type HttpUpgradeEvent,
  httpErrors,
  httpFaults,
  httpRequests,
  httpUpgrades,
} from './diagnostics.ts';
export type { HttpCounts } from './host.ts';
export { httpHandler } from './http-handler.ts';
export {
  BODY_GRACE,
  BODY_LIMIT,
  BODY_RATE,
  BODY_TIMEOUT,
  DISCARD_LIMIT,
  DRAIN_QUIET,
  HEADER_TIMEOUT,
  type HttpOptions,
  KEEP_ALIVE_TIMEOUT,
  REQUESTS_PER_CONNECTION,
  WRITE_TIMEOUT,
} from './options.ts';
export { type HttpServeOptions, type HttpServer, type HttpStatistics, serveHttp } from './serve-http.ts';
