/** The chat on a terminal: lines scroll above a prompt. */
import { printable } from '../../bytes/index.ts';
import type { Abortable } from '../../core/index.ts';
import type { ChatClient, ChatEvent } from '../../service/chat/index.ts';
import { complete } from './complete.ts';
import { parseEntry } from './entry.ts';
import { type Face, TextFace } from './face.ts';
import { Format } from './format.ts';
import { perform } from './perform.ts';
import { Screen } from './screen.ts';

export interface TerminalOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** The exchange, as people know it. */
  readonly where: string;
  /** Makes the client; what it tells goes to `onEvent`. */
  create(onEvent: (event: ChatEvent) => void): ChatClient;
}

/**
 * Talks until the person leaves or the chat ends.
 * @throws what ended it, unless the person did; the reason of the signal
 */
export async function talkOnTerminal(options: TerminalOptions, { signal }: Abortable): Promise<void> {
  const chat = new TerminalChat(options);
  const stop = (): void => chat.leave();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await chat.run(signal);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
}

class TerminalChat {
  readonly #client: ChatClient;
  readonly #screen: Screen;
  readonly #format: Format;
  readonly #face: Face;
  readonly #left = Promise.withResolvers<void>();

  constructor({ input, output, where, create }: TerminalOptions) {
    this.#client = create((event) => this.#onEvent(event));
    this.#format = new Format(output, () => this.#client);
    this.#screen = new Screen({
      input,
      output,
      complete: (line) => complete(line, this.#known()),
      onLine: (line) => this.#onLine(line),
      onLeave: () => this.#left.resolve(),
    });
    const print = (text: string): void => this.#screen.print(text);
    this.#face = new TextFace(this.#format, where, print, print);
    this.#screen.prompt(this.#format.dim(`connecting to ${where} … `));
  }

  async run(signal: AbortSignal | undefined): Promise<void> {
    try {
      await Promise.race([this.#client.connect(), this.#left.promise]);
      const reason = await Promise.race([this.#client.closed, this.#left.promise]);
      if (reason !== undefined) throw reason;
    } finally {
      this.#screen.close();
    }
    if (this.#client.connected || this.#client.pending > 0) await this.#depart(signal);
    else this.#client.abort();
  }

  leave(): void {
    this.#left.resolve();
  }

  /** The terminal is back in its usual mode: Ctrl-C is a signal now, and ends the wait. */
  async #depart(signal: AbortSignal | undefined): Promise<void> {
    const { pending } = this.#client;
    if (pending > 0)
      this.#screen.print(`Waiting for ${pending} messages to be confirmed; Ctrl-C gives them up.`);
    await this.#client.close({ signal });
  }

  #onEvent(event: ChatEvent): void {
    this.#face.event(event);
    this.#prompt();
  }

  #onLine(line: string): void {
    const entry = parseEntry(line);
    if (entry?.kind === 'quit') this.#left.resolve();
    else if (entry !== null) void perform(entry, this.#client, this.#face).then(() => this.#prompt());
  }

  #prompt(): void {
    const { name, room, connected } = this.#client;
    const state = connected ? '' : `${this.#format.warning('offline')} `;
    const place = room === undefined ? '' : ` ${this.#format.dim(`#${printable(room)}`)}`;
    this.#screen.prompt(`${state}${this.#format.who(name)}${place}${this.#format.dim('>')} `);
  }

  /** A name that would not look like itself is not offered. */
  #known(): { members: string[]; rooms: string[] } {
    const plain = (name: string): boolean => printable(name) === name;
    return { members: this.#client.known().filter(plain), rooms: this.#client.rooms.filter(plain) };
  }
}
