/** The fields of an answer as Node's HTTP/2 takes them: what the handler says, without what is of HTTP/1.1's connections. */
import type { HttpHeadersInit } from '../headers.ts';
import { HttpHeaders } from '../headers.ts';

/**
 * Of the connection (RFC 9113, section 8.2.2): a client would refuse the whole answer. And the length, which is the server's to
 * say.
 */
const REFUSED = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Those that a handshake over HTTP/1.1 has, and RFC 8441 has not. */
const REFUSED_IN_SWITCH = new Set([...REFUSED, 'sec-websocket-accept']);

/**
 * Bytes of a head of ours, 32 for each field included (RFC 9113, section 6.5.2). nghttp2 sends none that could be longer, and ends
 * the connection over it.
 */
export const ANSWER_HEAD: number = 64 * 1024;

const FIELD_COST = 32;

export interface AnswerPlan {
  readonly status: number;
  /** Names in lower case and values in turns. */
  readonly fields: readonly string[];
  /** Bytes of the body; `undefined`: not said. */
  readonly length: number | undefined;
  readonly date: string;
}

/** With `:status`, and a date. @throws TypeError when it is too long */
export function answerFields({ status, fields, length, date }: AnswerPlan): string[] {
  const list = [':status', String(status)];
  copyInto(list, fields, REFUSED);
  if (!list.includes('date')) list.push('date', date);
  if (length !== undefined) list.push('content-length', String(length));
  return checked(list);
}

/** Of an answer after which the stream is somebody else's. */
export function switchFields(status: number, fields: readonly string[], date: string): string[] {
  const list = [':status', String(status)];
  copyInto(list, fields, REFUSED_IN_SWITCH);
  list.push('date', date);
  return checked(list);
}

/** Of a head that precedes the answer's. */
export function informFields(status: number, fields: readonly string[]): Record<string, string | string[]> {
  const list: string[] = [];
  copyInto(list, fields, REFUSED);
  return { ...recordOf(list), ':status': String(status) };
}

/** @throws TypeError for what cannot be sent there */
export function trailerFields(init: HttpHeadersInit): Record<string, string | string[]> {
  const list: string[] = [];
  for (const [name, value] of new HttpHeaders(init)) {
    if (REFUSED.has(name)) throw new TypeError(`${name} is not allowed in trailers`);
    list.push(name, value);
  }
  return recordOf(list);
}

/** Values of one name stay apart. */
function recordOf(list: readonly string[]): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null);
  checked(list);
  for (let at = 0; at < list.length; at += 2) {
    const before = record[list[at]!];
    record[list[at]!] = before === undefined ? list[at + 1]! : [before, list[at + 1]!].flat();
  }
  return record;
}

function checked<List extends readonly string[]>(list: List): List {
  let size = 0;
  for (let at = 0; at < list.length; at += 2) size += list[at]!.length + list[at + 1]!.length + FIELD_COST;
  if (size <= ANSWER_HEAD) return list;
  throw new TypeError(`The fields of the answer have ${size} bytes; at most ${ANSWER_HEAD} can be sent`);
}

function copyInto(list: string[], fields: readonly string[], without: ReadonlySet<string>): void {
  for (let at = 0; at < fields.length; at += 2)
    if (!without.has(fields[at]!)) list.push(fields[at]!, fields[at + 1]!);
}
