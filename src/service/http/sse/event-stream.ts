/** A response that goes on: server-sent events (WHATWG HTML), for `EventSource` in pages and `decodeEvents` elsewhere. */
import { type Clock, systemClock } from '../../../core/index.ts';
import { HttpResponse } from '../response.ts';
import { EventQueue } from './event-queue.ts';
import { formatEvent, type ServerSentEvent } from './format-event.ts';

/** Ms of silence after which a comment is sent, so that proxies do not take it for dead: as WHATWG HTML advises, about 15 s. */
export const HEARTBEAT = 15_000;

export interface EventStreamOptions {
  /** Ends the stream in order, as when the server drains: `context.draining`. */
  readonly until?: AbortSignal | undefined;
  /** Ms; 0: none. Default `HEARTBEAT`. */
  readonly heartbeat?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly clock?: Clock | undefined;
}

export interface EventSourceContext {
  /** The `id` of the last event that the page saw before it lost its connection; empty for one that comes anew. */
  readonly lastEventId: string;
  /** Aborts when the reader is gone, or the stream has ended. */
  readonly signal: AbortSignal;
}

/**
 * Sends an event. Resolves when there is room for more; whoever does not wait gives up the bound on memory, up to
 * `EVENTS_LIMIT`. What is sent after the end is dropped.
 * @throws NetError (it rejects) as `formatEvent`
 */
export type SendEvent = (event: ServerSentEvent) => Promise<void>;

/** The stream ends when its promise settles; where it returns none, when the reader goes. */
export type EventSourceFunction = (send: SendEvent, context: EventSourceContext) => void | Promise<void>;

/**
 * Answers with events: those of an iterable, or those that a function sends. Neither is begun before somebody reads, and the
 * iterable is left when the reader is gone. An error of either breaks the stream off.
 */
export function eventStream(
  request: Request,
  source: AsyncIterable<ServerSentEvent> | EventSourceFunction,
  options: EventStreamOptions = {},
): Response {
  const run = typeof source === 'function' ? source : sendAll(source);
  const lastEventId = request.headers.get('last-event-id') ?? '';
  const queue = new EventQueue(
    (signal) => begin(queue, run, { lastEventId, signal }),
    options.heartbeat ?? HEARTBEAT,
    options.clock ?? systemClock,
  );
  endWhen(options.until, queue);
  return new HttpResponse(queue, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx in front would hold back what is not yet a buffer full.
      'x-accel-buffering': 'no',
      ...options.headers,
    },
  });
}

function begin(queue: EventQueue, run: EventSourceFunction, context: EventSourceContext): void {
  const send: SendEvent = async (event) => queue.push(formatEvent(event));
  const fail = (thrown: unknown): void =>
    queue.end(thrown instanceof Error ? thrown : new Error(String(thrown)));
  try {
    run(send, context)?.then(() => queue.end(), fail);
  } catch (thrown) {
    fail(thrown);
  }
}

function endWhen(until: AbortSignal | undefined, queue: EventQueue): void {
  if (until?.aborted) queue.end();
  else until?.addEventListener('abort', () => queue.end(), { once: true, signal: queue.over });
}

function sendAll(source: AsyncIterable<ServerSentEvent>): EventSourceFunction {
  return async (send, { signal }) => {
    const iterator = source[Symbol.asyncIterator]();
    const leave = (): void => void Promise.resolve(iterator.return?.()).catch(() => {});
    signal.addEventListener('abort', leave, { once: true });
    while (!signal.aborted) {
      const { done, value } = await iterator.next();
      if (done === true) return;
      await send(value);
    }
  };
}
