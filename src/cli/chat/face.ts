/** Where a chat is shown: to people as text, or to programs as JSON lines. It does not know how the chat is held. */
import type { ChatEvent, MemberList, RoomInfo, RoomMessage } from '../../service/chat/index.ts';
import { COMMANDS } from './entry.ts';
import type { Format } from './format.ts';

export interface Face {
  event(event: ChatEvent): void;
  rooms(rooms: readonly RoomInfo[]): void;
  members(list: MemberList): void;
  history(messages: readonly RoomMessage[]): void;
  help(): void;
  /** What was typed makes no sense. */
  hint(text: string): void;
  /** What was asked for failed. */
  failed(error: Error): void;
}

export class TextFace implements Face {
  readonly #format: Format;
  readonly #where: string;
  readonly #print: (text: string) => void;
  readonly #note: (text: string) => void;
  /** What the last attempt to connect failed with, while there is no connection. */
  #trouble: string | null = null;

  /**
   * @param where the exchange, as people know it
   * @param print what belongs to the conversation
   * @param note what is about the connection and about mistakes
   */
  constructor(format: Format, where: string, print: (text: string) => void, note: (text: string) => void) {
    this.#format = format;
    this.#where = where;
    this.#print = print;
    this.#note = note;
  }

  event(event: ChatEvent): void {
    if (event.type === 'connected') this.#connected(event.again);
    else if (event.type === 'disconnected') this.#disconnected(event.reason);
    else {
      const text = this.#format.event(event);
      if (text !== null) this.#print(text);
    }
  }

  rooms(rooms: readonly RoomInfo[]): void {
    this.#print(this.#format.rooms(rooms));
  }

  members(list: MemberList): void {
    this.#print(this.#format.members(list));
  }

  history(messages: readonly RoomMessage[]): void {
    this.#print(this.#format.history(messages));
  }

  help(): void {
    for (const { name, usage, does } of COMMANDS)
      this.#print(`  ${`/${name} ${usage}`.padEnd(18)} ${this.#format.dim(does)}`);
    this.#print(`  ${'//TEXT'.padEnd(18)} ${this.#format.dim('say a text that begins with a slash')}`);
  }

  hint(text: string): void {
    this.#note(this.#format.warning(text));
  }

  failed(error: Error): void {
    this.#note(this.#format.error(error.message));
  }

  #connected(again: boolean): void {
    this.#trouble = null;
    this.#note(
      this.#format.dim(
        again ? '— connected again —' : `— connected to ${this.#where}; /help lists the commands —`,
      ),
    );
  }

  /** A further attempt is worth a line only when it failed in another way. */
  #disconnected({ message }: Error): void {
    if (message === this.#trouble) return;
    const text =
      this.#trouble === null ? `connection lost: ${message}; reconnecting` : `still offline: ${message}`;
    this.#trouble = message;
    this.#note(this.#format.warning(`— ${text} —`));
  }
}

export class JsonFace implements Face {
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  event(event: ChatEvent): void {
    if (event.type === 'disconnected') this.#put({ ...event, reason: event.reason.message });
    else this.#put(event);
  }

  rooms(rooms: readonly RoomInfo[]): void {
    this.#put({ type: 'rooms', rooms });
  }

  members({ room, members, total }: MemberList): void {
    this.#put({ type: 'members', room, members, total });
  }

  history(messages: readonly RoomMessage[]): void {
    this.#put({ type: 'history', messages });
  }

  help(): void {
    this.#put({ type: 'help', commands: COMMANDS.map(({ name, usage, does }) => ({ name, usage, does })) });
  }

  hint(text: string): void {
    this.#put({ type: 'error', message: text });
  }

  failed(error: Error): void {
    this.#put({ type: 'error', message: error.message });
  }

  /** JSON leaves DEL and C1 as they are, and a terminal may be on the other end. */
  #put(value: object): void {
    this.#write(JSON.stringify(value).replace(/[\x7f-\x9f]/g, escaped));
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
