/** Runs parsers to a form that tests compare: the same for any split of the same bytes. */
import { NetError } from '../../core/error.ts';
import { Http1Error } from './error.ts';
import type { Http1Event } from './event.ts';
import { RequestParser } from './request-parser.ts';
import type { ResponseParser } from './response-parser.ts';
import type { Verdict } from './test-corpus.ts';

export interface Reading {
  /** Heads as objects, joined data as `data: …`, ends with their trailers. */
  readonly events: readonly unknown[];
  readonly status: number | undefined;
  readonly error: string | undefined;
}

/** Gives the pieces, and the end of the stream when `ends`. */
export function readAll(
  parser: RequestParser | ResponseParser,
  pieces: Iterable<Uint8Array>,
  ends = false,
): Reading {
  const events: unknown[] = [];
  try {
    for (const piece of pieces) {
      parser.receive(piece);
      drain(parser, events);
    }
    if (ends) parser.receive(null);
    drain(parser, events);
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    return { events, status: error instanceof Http1Error ? error.status : undefined, error: error.message };
  }
  return { events, status: undefined, error: undefined };
}

function drain(parser: RequestParser | ResponseParser, events: unknown[]): void {
  for (let event = parser.next(); event !== null; event = parser.next()) note(event, events);
}

function note(event: Http1Event, events: unknown[]): void {
  if (event.type === 'data') {
    const text = Buffer.from(event.data).toString('latin1');
    if (typeof events.at(-1) === 'string') events.push(`${events.pop()}${text}`);
    else events.push(text);
  } else if (event.type === 'end') {
    events.push({ type: 'end', trailers: event.trailers && [...event.trailers] });
  } else {
    events.push({ ...event, fields: [...event.fields] });
  }
}

/** What becomes of requests here. */
export function verdictOn(text: string): Verdict {
  const parser = new RequestParser();
  const { status } = readAll(parser, [Buffer.from(text, 'latin1')]);
  if (status !== undefined) return status;
  return parser.isIdle ? 'taken' : 'waits';
}
