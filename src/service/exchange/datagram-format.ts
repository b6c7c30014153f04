/**
 * Replies and events as datagrams: each fits into one, whatever it takes to shorten it. The formats of lines do the
 * writing.
 */
import type { Batch, Outlet, Private, RoomEvent } from './event.ts';
import { toJson } from './json-format.ts';
import type { Reply } from './protocol.ts';
import { eventLine, privateLine, replyLines } from './text-format.ts';

/** Bytes of a datagram to a client. Precedent: QUIC's smallest maximum (RFC 9000 section 14), which every path carries. */
export const DATAGRAM_BYTES = 1_200;

const ELLIPSIS = '…';
const encoder = new TextEncoder();

export interface DatagramFormat {
  /** `null` when there is nothing to send. */
  reply(reply: Reply): Uint8Array | null;
  private(event: Private): Uint8Array;
  /** The events of a batch as the member behind `self` sees them, one datagram each. */
  batch(batch: Batch, self: Outlet): Uint8Array[];
}

/** For `nc -u`: one line a datagram, with its end, so that terminals show it as one. */
export class TextDatagrams implements DatagramFormat {
  #lastBatch: Batch | undefined;
  #lastDatagrams: Uint8Array[] = [];

  reply(reply: Reply): Uint8Array | null {
    const shortened = shorten(reply, (one) => Buffer.byteLength(textOf(one)));
    const text = textOf(shortened);
    return text === '' ? null : cutLine(text.slice(0, -1));
  }

  private(event: Private): Uint8Array {
    return cutLine(privateLine(event));
  }

  /** Whose terminal has shown what they typed is not sent it again. */
  batch(batch: Batch, self: Outlet): Uint8Array[] {
    if (batch !== this.#lastBatch) {
      this.#lastBatch = batch;
      this.#lastDatagrams = batch.events.map((event) => cutLine(eventLine(event)));
    }
    if (!batch.by.includes(self)) return this.#lastDatagrams;
    return this.#lastDatagrams.filter((_, index) => batch.by[index] !== self);
  }
}

/** One JSON object a datagram. */
export class JsonDatagrams implements DatagramFormat {
  #lastBatch: Batch | undefined;
  #lastDatagrams: Uint8Array[] = [];

  reply(reply: Reply): Uint8Array {
    return encoder.encode(toJson(shorten(reply, (one) => Buffer.byteLength(toJson(one)))));
  }

  private(event: Private): Uint8Array {
    return cutBody(event);
  }

  batch(batch: Batch): Uint8Array[] {
    if (batch !== this.#lastBatch) {
      this.#lastBatch = batch;
      this.#lastDatagrams = batch.events.map(cutBody);
    }
    return this.#lastDatagrams;
  }
}

/** Leaves out of a list what does not fit: of a history the oldest, of other lists the last. */
function shorten(reply: Reply, size: (reply: Reply) => number): Reply {
  let shorter = reply;
  while (size(shorter) > DATAGRAM_BYTES) {
    const next = shortenOnce(shorter);
    if (next === null) break;
    shorter = next;
  }
  return shorter;
}

/** About an eighth less, so that a long list is written few times; `null` when nothing can be left out. */
function shortenOnce(reply: Reply): Reply | null {
  switch (reply.type) {
    case 'history':
      return shortenHistory(reply);
    case 'members':
      return reply.members.length === 0 ? null : { ...reply, members: allButSome(reply.members) };
    case 'rooms':
      return reply.rooms.length === 0 ? null : { ...reply, rooms: allButSome(reply.rooms) };
    case 'welcome':
      return reply.rooms.length === 0 ? null : { ...reply, rooms: allButSome(reply.rooms) };
    default:
      return null;
  }
}

function shortenHistory(reply: Reply & { type: 'history' }): Reply | null {
  const { messages } = reply;
  const only = messages[0];
  if (only === undefined) return null;
  if (messages.length > 1) {
    const rest = messages.slice(Math.ceil(messages.length / 8));
    return { ...reply, messages: rest, before: rest[0]!.id };
  }
  if (only.body.length < 2) return null;
  return { ...reply, messages: [{ ...only, body: cutText(only.body, only.body.length * 0.75), cut: true }] };
}

function allButSome<T>(list: readonly T[]): T[] {
  return list.slice(0, -Math.ceil(list.length / 8));
}

/** The event as JSON, with a body that is cut until it fits. */
function cutBody(event: RoomEvent | Private): Uint8Array {
  let json = encoder.encode(toJson(event));
  if (json.length <= DATAGRAM_BYTES || !('body' in event)) return json;
  // Escapes make a character up to six bytes long, so the length is found by trying.
  for (let length = Math.min(event.body.length, DATAGRAM_BYTES); length > 1; length *= 0.75) {
    json = encoder.encode(toJson({ ...event, body: cutText(event.body, length), cut: true }));
    if (json.length <= DATAGRAM_BYTES) break;
  }
  return json;
}

/** The line and its end, in at most `DATAGRAM_BYTES`. */
function cutLine(line: string): Uint8Array {
  const bytes = encoder.encode(`${line}\n`);
  if (bytes.length <= DATAGRAM_BYTES) return bytes;
  const datagram = new Uint8Array(DATAGRAM_BYTES);
  const { written } = encoder.encodeInto(line, datagram.subarray(0, DATAGRAM_BYTES - 4));
  const { written: end } = encoder.encodeInto(`${ELLIPSIS}\n`, datagram.subarray(written));
  return datagram.subarray(0, written + end);
}

function cutText(text: string, length: number): string {
  return `${text.slice(0, Math.floor(length) - 1).toWellFormed()}${ELLIPSIS}`;
}

function textOf(reply: Reply): string {
  return replyLines(reply)
    .map((line) => `${line}\n`)
    .join('');
}
