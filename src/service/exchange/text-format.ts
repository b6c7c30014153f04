/**
 * Lines for people: `#room <anna> hello`. What members wrote is made printable, so that it cannot end its line, move
 * the cursor or pretend to be another's: names hold no space, `<`, `>`, `#` or `*`, and each line begins with what it is.
 */
import { printable } from '../../bytes/printable.ts';
import { type Command, parseCommand } from './command.ts';
import type { Batch, Message, Outlet, Private, RoomEvent } from './event.ts';
import type { Format } from './format.ts';
import type { Reply } from './protocol.ts';

const encoder = new TextEncoder();
/** Invalid UTF-8 becomes U+FFFD: people see that something was there. */
const decoder = new TextDecoder();

export class TextFormat implements Format {
  #lastBatch: Batch | undefined;
  #lastBytes: Uint8Array = new Uint8Array(0);

  reply(reply: Reply): string | null {
    const lines = replyLines(reply);
    return lines.length === 0 ? null : `${lines.join('\n')}\n`;
  }

  private(event: Private): string {
    return `${privateLine(event)}\n`;
  }

  /** A terminal shows what its owner typed already, so their own events are left out. */
  batch(batch: Batch, self: Outlet): Uint8Array {
    if (batch.by.includes(self))
      return encodeEvents(batch.events.filter((_, index) => batch.by[index] !== self));
    if (batch !== this.#lastBatch) {
      this.#lastBatch = batch;
      this.#lastBytes = encodeEvents(batch.events);
    }
    return this.#lastBytes;
  }

  parse(line: Uint8Array): Command | null {
    return parseCommand(decoder.decode(line));
  }

  idOf(): undefined {
    return undefined;
  }
}

/** One event as a line, without its end. */
export function eventLine(event: RoomEvent): string {
  switch (event.type) {
    case 'message':
      return messageLine(event);
    case 'joined':
      return `* ${event.member} joined #${event.room}`;
    case 'left':
      return `* ${event.member} left #${event.room}${event.reason === undefined ? '' : ` (${event.reason})`}`;
    case 'renamed':
      return `* ${event.member} is now ${event.name}`;
  }
}

/** What one member told another, without the end of the line. */
export function privateLine({ sender, recipient, body }: Private): string {
  return `[${sender} -> ${recipient}] ${printable(body)}`;
}

/** A reply as lines, without their ends. */
export function replyLines(reply: Reply): string[] {
  switch (reply.type) {
    case 'welcome':
      return [
        `* This is the exchange of ${reply.server}. You are ${reply.member}${inRooms(reply.rooms)}.`,
        '* Type to talk; /nick NAME gives you a name, /help shows more.',
      ];
    case 'ok':
      return okLines(reply);
    case 'error':
      return [`! ${reply.message}`];
    case 'history':
      return historyLines(reply);
    case 'rooms':
      return reply.rooms.map(
        ({ room, members, joined }) => `* #${room}: ${members} here${joined ? ', you too' : ''}`,
      );
    case 'members':
      return [whoLine(reply)];
    case 'missed':
      return [`! You missed ${reply.count} messages: they came faster than they could reach you`];
    case 'pong':
      return ['* pong'];
    case 'bye':
      return [`* Bye: ${reply.reason}`];
  }
}

function messageLine({ kind, room, sender, body }: Message): string {
  if (kind === 'me') return `#${room} * ${sender} ${printable(body)}`;
  if (kind === 'notice') return `#${room} ! ${printable(body)}`;
  return `#${room} <${sender}> ${printable(body)}`;
}

function okLines(reply: Reply & { type: 'ok' }): string[] {
  switch (reply.request) {
    case 'nick':
      return [`* You are now ${reply.member}`];
    case 'join':
      return [`* You are in #${reply.room}, ${reply.members} here; what you type goes there`];
    case 'leave':
      return [`* You left #${reply.room}`];
    default:
      return [];
  }
}

function historyLines({ room, messages, before }: Reply & { type: 'history' }): string[] {
  if (messages.length === 0) return [];
  const more = before === null ? '' : '; /history N shows more';
  const lines = messages.map((message) => `  ${minute(message.time)} ${messageLine(message)}`);
  return [`* Said before in #${room} (times are UTC${more}):`, ...lines];
}

function whoLine({ room, members, total }: Reply & { type: 'members' }): string {
  const more = total > members.length ? ` and ${total - members.length} more` : '';
  return `* In #${room} (${total}): ${members.map(({ member }) => member).join(', ')}${more}`;
}

function inRooms(rooms: readonly string[]): string {
  return rooms.length === 0 ? '' : ` in ${rooms.map((room) => `#${room}`).join(', ')}`;
}

function minute(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ');
}

function encodeEvents(events: readonly RoomEvent[]): Uint8Array {
  return encoder.encode(events.map((event) => `${eventLine(event)}\n`).join(''));
}
