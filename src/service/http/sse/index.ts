/** Server-sent events: written for pages, read for everybody else. */
export { decodeEvents, EventDecoder, MAX_EVENT, type ReceivedEvent } from './decode-events.ts';
export { EVENTS_HIGH, EVENTS_LIMIT } from './event-queue.ts';
export {
  type EventSourceContext,
  type EventSourceFunction,
  type EventStreamOptions,
  eventStream,
  HEARTBEAT,
  type SendEvent,
} from './event-stream.ts';
export { formatEvent, type ServerSentEvent } from './format-event.ts';
