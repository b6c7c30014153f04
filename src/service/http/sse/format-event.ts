/** An event as text (WHATWG HTML, "Server-sent events"). It knows no stream. */
import { NetError } from '../../../core/index.ts';

export interface ServerSentEvent {
  /** What it says; lines end in any of the three ways, and reach the page ended with LF. */
  readonly data?: string | undefined;
  /** Which listeners hear it; default `message`. */
  readonly event?: string | undefined;
  /** What a page that lost its connection sends back in `Last-Event-ID`. */
  readonly id?: string | undefined;
  /** Ms until such a page connects again, from now on. */
  readonly retry?: number | undefined;
  /** For whoever reads the stream by eye; a page does not see it. */
  readonly comment?: string | undefined;
}

const LINE_END = /\r\n|\r|\n/;

/**
 * The event with its blank line.
 * @throws NetError `protocol` (fault `local`) for a line end in a name or an id, a NUL in an id, and a time that is none
 */
export function formatEvent({ data, event, id, retry, comment }: ServerSentEvent): string {
  let text = comment === undefined ? '' : lines(':', comment);
  if (event !== undefined) text += `event: ${oneLine('event', event)}\n`;
  if (id !== undefined) text += `id: ${oneLine('id', id)}\n`;
  if (retry !== undefined) text += `retry: ${time(retry)}\n`;
  if (data !== undefined) text += lines('data:', data);
  return `${text}\n`;
}

function lines(prefix: string, text: string): string {
  return text
    .split(LINE_END)
    .map((line) => `${prefix} ${line}\n`)
    .join('');
}

function oneLine(field: string, value: string): string {
  if (!LINE_END.test(value) && !(field === 'id' && value.includes('\0'))) return value;
  const rule = field === 'id' ? 'no line end and no NUL' : 'no line end';
  throw new NetError('protocol', `The ${field} of a server-sent event has ${rule}`, { fault: 'local' });
}

function time(ms: number): number {
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new NetError('protocol', `"retry" of a server-sent event is a whole number of ms, not ${ms}`, {
    fault: 'local',
  });
}
