/**
 * Chat events as lines for people. Everything that the server sent goes through `printable`; colour is for terminals only.
 * It does not know where the lines go.
 */
import { printable } from '../../bytes/index.ts';
import type {
  ChatEvent,
  MemberList,
  PrivateMessage,
  RoomInfo,
  RoomMessage,
} from '../../service/chat/index.ts';
import { paint, type Style } from '../style.ts';

/** Legible on dark and on light backgrounds; red is for errors. */
const NAME_COLOURS: readonly Style[] = [
  'cyan',
  'green',
  'magenta',
  'yellow',
  'blue',
  'cyanBright',
  'greenBright',
  'magentaBright',
  'blueBright',
];

export interface Viewer {
  /** The own name. */
  readonly name: string;
  /** The rooms that the viewer is in; with more than one, each line names its room. */
  readonly rooms: readonly string[];
}

export class Format {
  readonly #stream: NodeJS.WriteStream;
  readonly #viewer: () => Viewer;
  #day = '';

  constructor(stream: NodeJS.WriteStream, viewer: () => Viewer) {
    this.#stream = stream;
    this.#viewer = viewer;
    this.#day = dayOf(new Date());
  }

  /** The lines of an event, or `null` when there is nothing to show. */
  event(event: ChatEvent): string | null {
    switch (event.type) {
      case 'message':
        return this.message(event);
      case 'private':
        return this.#private(event);
      case 'past':
        return this.#past(event);
      case 'joined':
        if (event.member === this.#viewer().name) return null;
        return this.#presence(event, `→ ${printable(event.member)} joined`);
      case 'left':
        return this.#presence(event, `← ${printable(event.member)} left${reason(event.reason)}`);
      case 'renamed':
        if (event.name === this.#viewer().name) return null;
        return this.#presence(event, `${printable(event.member)} is now ${printable(event.name)}`);
      case 'missed':
        return this.dim(`— you missed ${event.count} events: they came faster than they could reach you —`);
      case 'entered':
        return this.dim(`— you are in ${this.room(event.value)} —`);
      case 'exited':
        return this.dim(`— you left ${this.room(event.value)} —`);
      case 'named':
        return this.dim(`— you are ${printable(event.value)} —`);
      default:
        return null;
    }
  }

  message(message: RoomMessage): string {
    const lead = `${this.#time(message.time)} ${this.#where(message.room)}`;
    const sender = this.who(message.sender);
    if (message.kind === 'me') return `${lead}${this.dim('*')} ${sender} ${this.#body(message.body)}`;
    if (message.kind === 'notice')
      return `${lead}${this.dim(`! ${printable(message.sender)}:`)} ${this.#body(message.body)}`;
    return `${lead}${sender}${this.dim(':')} ${this.#body(message.body)}`;
  }

  /** The heading and the messages of `/history`. */
  history(messages: readonly RoomMessage[]): string {
    if (messages.length === 0) return this.dim('— nothing was said here yet —');
    return messages.map((message) => this.message(message)).join('\n');
  }

  rooms(rooms: readonly RoomInfo[]): string {
    if (rooms.length === 0) return this.dim('— there are no rooms —');
    return rooms
      .map(
        ({ room, members, joined }) =>
          `  ${this.room(room)} ${this.dim(`${members} ${members === 1 ? 'member' : 'members'}${joined ? ', you are in it' : ''}`)}`,
      )
      .join('\n');
  }

  members({ room, members, total }: MemberList): string {
    const names = members.map(
      ({ member, door }) => `${this.who(member)}${this.dim(` (${printable(door)})`)}`,
    );
    const more = total > members.length ? this.dim(` and ${total - members.length} more`) : '';
    return `${this.dim(`— ${total} in `)}${this.room(room)}${this.dim(':')} ${names.join(', ')}${more}`;
  }

  /** A name in its own colour, the same everywhere and every time; the viewer's own is bold. */
  who(name: string): string {
    const colour = NAME_COLOURS[hash(name) % NAME_COLOURS.length]!;
    const style = name === this.#viewer().name ? ['bold', colour] : colour;
    return paint(style as Style, printable(name), this.#stream);
  }

  room(room: string): string {
    return paint('bold', `#${printable(room)}`, this.#stream);
  }

  dim(text: string): string {
    return paint('dim', text, this.#stream);
  }

  warning(text: string): string {
    return paint('yellow', text, this.#stream);
  }

  error(text: string): string {
    return paint('red', text, this.#stream);
  }

  #past(past: Extract<ChatEvent, { type: 'past' }>): string | null {
    const lines = past.messages.map((message) => this.message(message));
    const room = printable(past.room);
    if (past.gap)
      lines.unshift(
        this.warning(`— messages of #${room} are missing here: the exchange no longer has them —`),
      );
    else if (lines.length > 0 && past.again) lines.unshift(this.dim(`— meanwhile in #${room} —`));
    else if (lines.length > 0) {
      lines.unshift(this.dim(`— earlier in #${room} —`));
      lines.push(this.dim('— now —'));
    }
    return lines.length === 0 ? null : lines.join('\n');
  }

  #private({ sender, recipient, time, body }: PrivateMessage): string {
    const own = sender === this.#viewer().name;
    const between = own ? `you → ${this.who(recipient)}` : `${this.who(sender)} → you`;
    const open = paint('magenta', '[', this.#stream);
    const close = paint('magenta', ']', this.#stream);
    return `${this.#time(time)} ${open}${between}${close} ${this.#body(body)}`;
  }

  #presence({ room, time }: { room: string; time: string }, text: string): string {
    return `${this.#time(time)} ${this.dim(`${this.#viewer().rooms.length > 1 ? `#${printable(room)} ` : ''}${text}`)}`;
  }

  #where(room: string): string {
    return this.#viewer().rooms.length > 1 ? `${this.dim(`#${printable(room)}`)} ` : '';
  }

  /** Lines of a body stand below one another, those after the first set in. */
  #body(body: string): string {
    return body
      .split(/\r\n|\r|\n/)
      .map((line) => printable(line))
      .join('\n      ');
  }

  /** The time of day; a line with the date goes before the first of another day. */
  #time(time: string): string {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return this.dim('--:--');
    const day = dayOf(date);
    const lead = day === this.#day ? '' : `${this.dim(`— ${day} —`)}\n`;
    this.#day = day;
    return `${lead}${this.dim(`${two(date.getHours())}:${two(date.getMinutes())}`)}`;
  }
}

function reason(text: string | undefined): string {
  return text === undefined || text === '' ? '' : ` (${printable(text)})`;
}

function dayOf(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** FNV-1a, 32 bits; the same name has the same colour on every machine. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
