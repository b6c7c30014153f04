export { type Http2FrameEvent, http2Frames } from './diagnostics.ts';
export {
  CONNECTION_WINDOW,
  FLOOD_LIMITS,
  type FloodLimits,
  FRAME_SIZE,
  HTTP_VERSIONS,
  type Http2Options,
  type HttpVersion,
  MAX_STREAMS,
  STREAM_WINDOW,
} from './options.ts';
export { type Priority, priorityOf } from './priority.ts';
