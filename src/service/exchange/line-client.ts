/**
 * One client on a stream: lines for people, or JSON lines when the first byte is `{`. It runs at push level, and does
 * not know which transport it is on.
 */
import type { Connection, Receiver, Timer, Wire } from '../../core/index.ts';
import { type Lines, lines } from '../../framing/lines.ts';
import { type Command, HELP_TEXT, SHOWN_ON_JOIN } from './command.ts';
import type { Batch, DoorKind, Private } from './event.ts';
import type { Format } from './format.ts';
import type { House } from './house.ts';
import { isHttpRequest } from './http-request.ts';
import { Outbox } from './outbox.ts';
import type { Reply } from './protocol.ts';
import { Refusal } from './refusal.ts';
import { Session, type Voice } from './session.ts';
import { TokenBucket } from './token-bucket.ts';

const LF = 0x0a;
const OPENING_BRACE = 0x7b;
const encoder = new TextEncoder();

export interface LineClientOptions {
  readonly house: House;
  readonly connection: Connection;
  readonly door: DoorKind;
  /** Of the address, for its share of the rate. */
  readonly addressKey: string;
  readonly label: string;
  /** The connection is gone. */
  readonly onGone: (client: LineClient) => void;
}

export class LineClient implements Receiver, Voice {
  readonly #house: House;
  readonly #options: LineClientOptions;
  readonly #wire: Wire;
  readonly #outbox: Outbox;
  readonly #session: Session;
  readonly #lines: Lines<Uint8Array>;
  /** For people, until the first byte says otherwise. */
  #format: Format;
  #hasSpoken = false;
  #hasSentLine = false;
  #greeting: Timer | undefined;
  /** Since when nothing is read until the client takes its replies. */
  #blockedSince: number | null = null;
  #isEnding = false;
  #hasEnded = false;
  #heardAt: number;
  /** When the line that is not complete was begun. */
  #partialSince: number | null = null;

  constructor(options: LineClientOptions) {
    this.#options = options;
    this.#house = options.house;
    const { clock, limits, flusher } = options.house;
    this.#format = options.house.text;
    this.#heardAt = clock.now();
    this.#lines = lines({
      encoding: 'bytes',
      max: limits.lineBytes,
      overlong: 'skip',
      unterminated: 'accept',
      onSkip: () => this.#refuseOverlong(),
    });
    this.#wire = options.connection.attach(this);
    this.#outbox = new Outbox({
      wire: this.#wire,
      flusher,
      limit: limits.outboxBytes,
      now: () => clock.now(),
      missed: (count) => encoder.encode(this.#format.reply({ type: 'missed', count }) ?? ''),
    });
    this.#session = this.#makeSession();
    this.#greeting = clock.after(limits.greeting, () => this.#greet(), { background: true });
  }

  get #isBlocked(): boolean {
    return this.#blockedSince !== null;
  }

  /** Looks at the deadlines. Called about once a second. */
  check(): void {
    if (this.#isEnding) return;
    const now = this.#house.clock.now();
    const { idle, line, slow } = this.#house.limits;
    this.#outbox.check();
    const slowSince = this.#blockedSince ?? this.#outbox.slowSince(now);
    if (slowSince !== null && now - slowSince >= slow) this.onDismissed('you read too slowly');
    else if (this.#partialSince !== null && now - this.#partialSince >= line)
      this.onDismissed(`a line must be complete within ${line / 1000} seconds`);
    else if (idle > 0 && now - this.#heardAt >= idle)
      this.onDismissed(`nothing came from you for ${idle / 1000} seconds`);
  }

  /** The system has taken all that is for the client, our end included; it delivers that after an `abort`, too. */
  get hasDelivered(): boolean {
    return this.#isEnding && this.#outbox.pending === 0;
  }

  abort(): void {
    this.#options.connection.abort();
  }

  onData(chunk: Uint8Array): void {
    if (this.#isEnding) return;
    if (!this.#hasSpoken) this.#chooseFormat(chunk[0]!);
    const wasPartial = this.#partialSince;
    this.#partialSince = null;
    this.#lines.receive(chunk, this.#house.clock.now());
    const lineCount = this.#takeLines();
    if (chunk.at(-1) === LF || this.#isBlocked) return;
    this.#partialSince = lineCount === 0 && wasPartial !== null ? wasPartial : this.#house.clock.now();
  }

  onDrain(): void {
    this.#outbox.drained();
    if (!this.#isBlocked) return;
    this.#blockedSince = null;
    this.#takeLines();
    if (this.#isBlocked) return;
    if (this.#hasEnded) this.#finish();
    else this.#wire.resume();
  }

  onReply(reply: Reply): void {
    const text = this.#format.reply(reply);
    if (text !== null) this.#outbox.addReply(encoder.encode(text));
  }

  onEvents(batch: Batch): void {
    const bytes = this.#format.batch(batch, this);
    if (bytes.length > 0) this.#outbox.addEvents(bytes, batch.events.length);
  }

  onPrivate(event: Private): void {
    this.#outbox.addEvents(encoder.encode(this.#format.private(event)), 1);
  }

  onClose(): void {
    this.#isEnding = true;
    this.#greeting?.cancel();
    this.#session.end('connection lost');
    this.#options.onGone(this);
  }

  /** The client ended its half. It still gets the replies to what it asked before. */
  onEnd(): void {
    if (this.#isEnding) return;
    this.#hasEnded = true;
    if (!this.#isBlocked) this.#finish();
  }

  onDismissed(reason: string): void {
    if (this.#isEnding) return;
    this.onReply({ type: 'bye', reason });
    this.#session.end(reason);
    this.#close();
  }

  onQuit(): void {
    this.#close();
  }

  /** What is left of the input is a line without its end; then it is over. */
  #finish(): void {
    this.#lines.receive(null, this.#house.clock.now());
    this.#takeLines();
    if (this.#isEnding || this.#isBlocked) return;
    this.#house.hub.flush();
    this.#session.end('left');
    this.#close();
  }

  #close(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#greeting?.cancel();
    this.#outbox.flush();
    if (this.#isBlocked) this.#wire.resume();
    // How it ended is told to `onClose`.
    this.#options.connection.close().catch(() => {});
  }

  #takeLines(): number {
    let count = 0;
    for (;;) {
      if (this.#isEnding || this.#blockWhenFull()) return count;
      const line = this.#lines.next();
      if (line === null) return count;
      count++;
      this.#heardAt = this.#house.clock.now();
      this.#handleLine(line);
    }
  }

  #handleLine(line: Uint8Array): void {
    const isFirst = !this.#hasSentLine;
    this.#hasSentLine = true;
    if (isFirst && isHttpRequest(line)) {
      this.onDismissed('this door speaks lines, not HTTP');
      return;
    }
    try {
      const command = this.#format.parse(line);
      if (command !== null) this.#handle(command);
    } catch (thrown) {
      this.#session.refuse(thrown, this.#format.idOf(line));
    }
  }

  #handle(command: Command): void {
    if (this.#greeting !== undefined && this.#greetOn(command)) return;
    if (command.type === 'help') this.#outbox.addReply(encoder.encode(HELP_TEXT));
    else this.#session.handle(command);
  }

  /** Whoever asks and does not take the answers is not read from. */
  #blockWhenFull(): boolean {
    if (!this.#outbox.isFull) return false;
    this.#blockedSince = this.#house.clock.now();
    this.#wire.pause();
    return true;
  }

  #chooseFormat(first: number): void {
    this.#hasSpoken = true;
    if (first !== OPENING_BRACE) return;
    this.#stopGreeting();
    this.#format = this.#house.json;
  }

  /** The first command came before the greeting. `true` when it was a name, which is done with it. */
  #greetOn(command: Command): boolean {
    if (command.type !== 'nick') {
      this.#greet();
      return false;
    }
    this.#stopGreeting();
    this.#session.handle({ type: 'hello', name: command.name, history: SHOWN_ON_JOIN });
    if (!this.#session.isMember) this.#greet();
    return true;
  }

  #greet(): void {
    this.#stopGreeting();
    try {
      this.#session.enter(SHOWN_ON_JOIN);
    } catch (thrown) {
      this.#session.refuse(thrown);
    }
  }

  #stopGreeting(): void {
    this.#greeting?.cancel();
    this.#greeting = undefined;
  }

  #refuseOverlong(): void {
    const { lineBytes } = this.#house.limits;
    this.#session.refuse(new Refusal('too-long', `A line of more than ${lineBytes} bytes was dropped`));
  }

  #makeSession(): Session {
    const { hub, server, clock, wallTime, limits, admission } = this.#house;
    const { door, label, addressKey } = this.#options;
    return new Session({
      hub,
      voice: this,
      door,
      label,
      server,
      bucket: new TokenBucket(limits.rate, limits.burst, clock.now()),
      allows: () => admission.allows(addressKey),
      now: () => clock.now(),
      wallTime,
      idle: limits.idle,
    });
  }
}
