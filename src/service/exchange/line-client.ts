/**
 * One client on a stream: lines for people, or JSON lines when the first byte is `{`. It runs at push level, and does
 * not know which transport it is on.
 */
import type { Connection, Receiver, Timer, Wire } from '../../core/index.ts';
import { type Lines, lines } from '../../framing/lines.ts';
import { type Command, HELP_TEXT, SHOWN_ON_JOIN } from './command.ts';
import { type Client, Conversation, type Line, type Script } from './conversation.ts';
import type { Format } from './format.ts';
import { isHttpRequest } from './http-request.ts';
import { Refusal } from './refusal.ts';

const LF = 0x0a;
const OPENING_BRACE = 0x7b;
const encoder = new TextEncoder();

export interface LineClientOptions extends Client {
  readonly connection: Connection;
  /** The connection is gone. */
  readonly onGone: (client: LineClient) => void;
}

export class LineClient implements Receiver {
  readonly #options: LineClientOptions;
  readonly #wire: Wire;
  readonly #conversation: Conversation<Uint8Array>;
  readonly #lines: Lines<Uint8Array>;
  /** For people, until the first byte says otherwise. */
  #format: Format;
  #hasSpoken = false;
  #hasSentLine = false;
  #greeting: Timer | undefined;
  #hasEnded = false;
  /** When the line that is not complete was begun. */
  #partialSince: number | null = null;

  constructor(options: LineClientOptions) {
    this.#options = options;
    const { limits, text } = options.house;
    this.#format = text;
    this.#lines = lines({
      encoding: 'bytes',
      max: limits.lineBytes,
      overlong: 'skip',
      unterminated: 'accept',
      onSkip: () => this.#refuseOverlong(),
    });
    this.#wire = options.connection.attach(this);
    this.#conversation = new Conversation(options, lineOn(this.#wire, options.connection), this.#script());
    this.#awaitGreeting();
  }

  /** Looks at the deadlines. Called about once a second. */
  check(): void {
    this.#conversation.check();
    const { clock, limits } = this.#options.house;
    if (this.#partialSince !== null && clock.now() - this.#partialSince >= limits.line)
      this.#conversation.dismiss(`a line must be complete within ${limits.line / 1000} seconds`, 'policy');
  }

  /** The system has taken all that is for the client, our end included; it delivers that after an `abort`, too. */
  get hasDelivered(): boolean {
    return this.#conversation.hasDelivered;
  }

  abort(): void {
    this.#options.connection.abort();
  }

  onDismissed(reason: string): void {
    this.#conversation.onDismissed(reason);
  }

  onData(chunk: Uint8Array): void {
    if (this.#conversation.isEnding) return;
    if (!this.#hasSpoken) this.#chooseFormat(chunk[0]!);
    const wasPartial = this.#partialSince;
    this.#partialSince = null;
    const now = this.#options.house.clock.now();
    this.#lines.receive(chunk, now);
    const lineCount = this.#takeLines();
    if (chunk.at(-1) === LF || this.#conversation.isBlocked) return;
    this.#partialSince = lineCount === 0 && wasPartial !== null ? wasPartial : now;
  }

  onDrain(): void {
    const conversation = this.#conversation;
    const wasBlocked = conversation.isBlocked;
    conversation.drained();
    if (!wasBlocked) return;
    this.#takeLines();
    if (conversation.isBlocked) return;
    if (this.#hasEnded) this.#finish();
    else this.#wire.resume();
  }

  /** The client ended its half. It still gets the replies to what it asked before. */
  onEnd(): void {
    if (this.#conversation.isEnding) return;
    this.#hasEnded = true;
    if (!this.#conversation.isBlocked) this.#finish();
  }

  onClose(): void {
    this.#stopGreeting();
    this.#conversation.lost();
    this.#options.onGone(this);
  }

  /** What is left of the input is a line without its end; then it is over. */
  #finish(): void {
    this.#lines.receive(null, this.#options.house.clock.now());
    this.#takeLines();
    if (!this.#conversation.isEnding && !this.#conversation.isBlocked) this.#conversation.finish();
  }

  #takeLines(): number {
    let count = 0;
    for (;;) {
      if (this.#conversation.isEnding || this.#conversation.blockWhenFull()) return count;
      const line = this.#lines.next();
      if (line === null) return count;
      count++;
      this.#conversation.heard();
      this.#handleLine(line);
    }
  }

  #handleLine(line: Uint8Array): void {
    const isFirst = !this.#hasSentLine;
    this.#hasSentLine = true;
    if (isFirst && isHttpRequest(line)) {
      this.#conversation.dismiss(`this door speaks lines, not HTTP${this.#webDoors()}`, 'policy');
      return;
    }
    try {
      const command = this.#format.parse(line);
      if (command !== null) this.#handle(command);
    } catch (thrown) {
      this.#conversation.refuse(thrown, this.#format.idOf(line));
    }
  }

  #webDoors(): string {
    const doors = this.#options.house.doors.filter(({ kind }) => kind === 'http');
    if (doors.length === 0) return '';
    return `; ${doors.map(({ address }) => address).join(' and ')} ${doors.length === 1 ? 'does' : 'do'}`;
  }

  #handle(command: Command): void {
    if (command.type === 'token') this.#show(command);
    else if (this.#greeting !== undefined && this.#greetOn(command)) return;
    else if (command.type === 'help') this.#conversation.say(encoder.encode(HELP_TEXT));
    else this.#conversation.handle(command);
  }

  /** People are greeted after the token, and may give their name before that. */
  #show(command: Command & { type: 'token' }): void {
    const wasAdmitted = this.#conversation.isAdmitted;
    this.#conversation.handle(command);
    if (!wasAdmitted && this.#conversation.isAdmitted && this.#format === this.#options.house.text)
      this.#awaitGreeting();
  }

  #chooseFormat(first: number): void {
    this.#hasSpoken = true;
    if (first !== OPENING_BRACE) return;
    this.#stopGreeting();
    this.#format = this.#options.house.json;
  }

  /** The first command came before the greeting. `true` when it was a name, which is done with it. */
  #greetOn(command: Command): boolean {
    this.#stopGreeting();
    if (!this.#conversation.isAdmitted) return false;
    if (command.type !== 'nick') {
      this.#greet();
      return false;
    }
    this.#conversation.handle({ type: 'hello', name: command.name, history: SHOWN_ON_JOIN });
    if (!this.#conversation.isMember) this.#greet();
    return true;
  }

  #awaitGreeting(): void {
    const { clock, limits } = this.#options.house;
    this.#stopGreeting();
    this.#greeting = clock.after(limits.greeting, () => this.#greet(), { background: true });
  }

  #greet(): void {
    this.#stopGreeting();
    if (!this.#conversation.isEnding) this.#conversation.greet(SHOWN_ON_JOIN);
  }

  #stopGreeting(): void {
    this.#greeting?.cancel();
    this.#greeting = undefined;
  }

  #refuseOverlong(): void {
    const { lineBytes } = this.#options.house.limits;
    this.#conversation.refuse(new Refusal('too-long', `A line of more than ${lineBytes} bytes was dropped`));
  }

  /** As the format is at the time, which the first byte chooses. */
  #script(): Script<Uint8Array> {
    return {
      reply: (reply) => {
        const text = this.#format.reply(reply);
        return text === null ? null : encoder.encode(text);
      },
      private: (event) => encoder.encode(this.#format.private(event)),
      batch: (batch, self) => this.#format.batch(batch, self),
    };
  }
}

function lineOn(wire: Wire, connection: Connection): Line<Uint8Array> {
  return {
    get pending() {
      return wire.pending;
    },
    push: (pieces) => wire.push(pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)),
    pause: () => wire.pause(),
    resume: () => wire.resume(),
    // How it ended is told to `onClose`.
    close: () => void connection.close().catch(() => {}),
    abort: () => connection.abort(),
  };
}
