/** The head of an answer as text: what the handler says, and what is the server's to say. */
import { CHUNKED, statusText } from '../../../protocol/http1/index.ts';

/** In place of a body's length, beside those of the protocol: nothing is said of it. 1xx, 204; and HEAD and 304, where the handler says nothing. */
export const UNSAID = -3;

export interface HeadPlan {
  readonly status: number;
  /** Empty: what is registered. */
  readonly reason: string;
  /** Names in lower case and values in turns, which can be sent as they are. */
  readonly fields: readonly string[];
  /** Bytes of the body, `CHUNKED`, `UNTIL_CLOSE` or `UNSAID`. */
  readonly length: number;
  /** The value of Connection; empty: left out. */
  readonly connection: string;
  readonly date: string;
}

/** Of the connection and of the framing: the server says these, whatever the handler says (RFC 9110, section 7.6.1). */
const SERVERS = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
]);

/** By status, the first line of an answer whose reason is the registered one. */
const STATUS_LINES = new Map<number, string>();

/** Latin-1, with the empty line. */
export function headText(plan: HeadPlan): string {
  const { fields, length } = plan;
  let text = plan.reason === '' ? statusLine(plan.status) : `HTTP/1.1 ${plan.status} ${plan.reason}\r\n`;
  let hasDate = false;
  let { connection } = plan;
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!;
    if (SERVERS.has(name)) continue;
    if (name === 'date') hasDate = true;
    else if (name === 'upgrade') connection = withUpgrade(connection);
    text += `${name}: ${fields[at + 1]}\r\n`;
  }
  if (!hasDate) text += `date: ${plan.date}\r\n`;
  if (connection !== '') text += `connection: ${connection}\r\n`;
  if (length >= 0) return `${text}content-length: ${length}\r\n\r\n`;
  return length === CHUNKED ? `${text}transfer-encoding: chunked\r\n\r\n` : `${text}\r\n`;
}

/** Upgrade is of this connection alone, and must be said to be (RFC 9110, section 7.8). */
function withUpgrade(connection: string): string {
  return connection === '' || connection === 'upgrade' ? 'upgrade' : `${connection}, upgrade`;
}

/** A head that precedes the answer's, as text. */
export function informText(status: number, fields: readonly string[]): string {
  let text = statusLine(status);
  for (let at = 0; at < fields.length; at += 2)
    if (!SERVERS.has(fields[at]!)) text += `${fields[at]}: ${fields[at + 1]}\r\n`;
  return `${text}\r\n`;
}

/** The value of a field, in fields as a plan has them; the last, where there are several. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let at = fields.length - 2; at >= 0; at -= 2) if (fields[at] === name) return fields[at + 1];
  return undefined;
}

/** The length that a handler gave, where it is one. */
export function givenLength(fields: readonly string[]): number | undefined {
  const text = fieldOf(fields, 'content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether the handler asks for the connection to be closed. */
export function asksToClose(fields: readonly string[]): boolean {
  const text = fieldOf(fields, 'connection');
  return text !== undefined && /(?:^|,)\s*close\s*(?:,|$)/i.test(text);
}

function statusLine(status: number): string {
  let line = STATUS_LINES.get(status);
  if (line === undefined) {
    line = `HTTP/1.1 ${status} ${statusText(status)}\r\n`;
    STATUS_LINES.set(status, line);
  }
  return line;
}
