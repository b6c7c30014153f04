/** One member that came by UDP: an address that sends lines or JSON objects, one a datagram. */

import { TokenBucket } from '../token-bucket.ts';
import { type Command, HELP_TEXT, SHOWN_ON_JOIN } from './command.ts';
import { type DatagramFormat, JsonDatagrams, TextDatagrams } from './datagram-format.ts';
import type { Batch, Private } from './event.ts';
import type { Format } from './format.ts';
import type { House } from './house.ts';
import type { Reply } from './protocol.ts';
import { Refusal } from './refusal.ts';
import { Session, type Voice } from './session.ts';

const OPENING_BRACE = 0x7b;
const encoder = new TextEncoder();

/** Shared by all clients, so that a batch is written once. */
const textDatagrams = new TextDatagrams();
const jsonDatagrams = new JsonDatagrams();

export interface UdpClientOptions {
  readonly house: House;
  readonly addressKey: string;
  readonly label: string;
  /** Whether the access token must be shown first, if the exchange has one. */
  readonly asksToken: boolean;
  /** Sends to the client's address. */
  readonly send: (datagram: Uint8Array) => void;
  /** The system takes no more for now: events are dropped and counted until `onDrain`. */
  readonly isBusy: () => boolean;
  /** Counts the turns of the loop in which events were sent. */
  readonly turn: () => number;
  /** Events that this client may be sent in one turn; those beyond are dropped and counted. */
  readonly share: () => number;
  readonly onGone: () => void;
}

export class UdpClient implements Voice {
  readonly #options: UdpClientOptions;
  readonly #session: Session;
  #format: Format;
  #datagrams: DatagramFormat = textDatagrams;
  #heardAt: number;
  #missed = 0;
  #turn = 0;
  #sentInTurn = 0;

  constructor(options: UdpClientOptions) {
    this.#options = options;
    const { hub, server, clock, wallTime, limits, admission, text, gate } = options.house;
    const { addressKey, asksToken } = options;
    this.#format = text;
    this.#heardAt = clock.now();
    this.#session = new Session({
      hub,
      voice: this,
      door: 'udp',
      label: options.label,
      server,
      bucket: new TokenBucket(limits.rate, limits.burst, clock.now()),
      allows: () => admission.allows(addressKey),
      now: () => clock.now(),
      wallTime,
      idle: limits.udpSilence,
      checkToken: asksToken && gate !== null ? (token) => gate.check(addressKey, token) : undefined,
    });
  }

  /** Whether there is something to remember of the address: it is a member, or has shown the token. */
  get isKept(): boolean {
    return this.#session.isMember || (this.#options.asksToken && this.#session.isAdmitted);
  }

  /** A datagram from the address. Replies are written like the request. */
  receive(datagram: Uint8Array, truncated: boolean): void {
    this.#heardAt = this.#options.house.clock.now();
    const { text, json, limits } = this.#options.house;
    const isJson = datagram[0] === OPENING_BRACE;
    this.#format = isJson ? json : text;
    this.#datagrams = isJson ? jsonDatagrams : textDatagrams;
    try {
      if (truncated || datagram.length > limits.lineBytes)
        throw new Refusal('too-long', `A datagram of more than ${limits.lineBytes} bytes was dropped`);
      const command = this.#format.parse(withoutEnd(datagram));
      if (command !== null) this.#handle(command);
    } catch (thrown) {
      this.#session.refuse(thrown, this.#format.idOf(datagram));
    }
  }

  /** Looks at the deadline, and tells what was missed. Called about once a second. */
  check(): void {
    if (!this.#options.isBusy()) this.onDrain();
    const { clock, limits } = this.#options.house;
    if (limits.udpSilence === 0 || clock.now() - this.#heardAt < limits.udpSilence) return;
    this.onDismissed(`nothing came from you for ${limits.udpSilence / 1000} seconds`);
  }

  onDrain(): void {
    if (this.#missed === 0) return;
    const count = this.#missed;
    this.#missed = 0;
    this.onReply({ type: 'missed', count });
  }

  onReply(reply: Reply): void {
    const datagram = this.#datagrams.reply(reply);
    if (datagram !== null) this.#send(datagram, 0);
  }

  onEvents(batch: Batch): void {
    for (const datagram of this.#datagrams.batch(batch, this)) this.#send(datagram, 1);
  }

  onPrivate(event: Private): void {
    this.#send(this.#datagrams.private(event), 1);
  }

  onDismissed(reason: string): void {
    this.onReply({ type: 'bye', reason });
    this.#session.end(reason);
    this.#options.onGone();
  }

  onBanned(reason: string): void {
    this.onDismissed(reason);
  }

  onQuit(): void {
    this.#options.onGone();
  }

  #handle(command: Command): void {
    if (command.type === 'help') this.#send(encoder.encode(HELP_TEXT), 0);
    else if (this.#format === this.#options.house.json || this.#session.isMember)
      this.#session.handle(command);
    else this.#handleFirst(command);
  }

  /** A person's first line: they are greeted, under the name that the line gives if it gives one. */
  #handleFirst(command: Exclude<Command, { type: 'help' }>): void {
    if (command.type === 'token' || !this.#session.isAdmitted) {
      this.#session.handle(command);
      if (command.type === 'token' && this.#session.isAdmitted) this.#session.enter(SHOWN_ON_JOIN);
      return;
    }
    const name = command.type === 'nick' || command.type === 'hello' ? command.name : undefined;
    if (name !== undefined) this.#session.handle({ type: 'hello', name, history: SHOWN_ON_JOIN });
    if (!this.#session.isMember) this.#session.enter(SHOWN_ON_JOIN);
    if (command.type !== 'nick' && command.type !== 'hello') this.#session.handle(command);
  }

  #send(datagram: Uint8Array, events: number): void {
    if (events === 0 || this.#mayHear()) {
      this.#options.send(datagram);
      return;
    }
    this.#missed += events;
    this.#options.house.tally.dropped += events;
  }

  #mayHear(): boolean {
    const { isBusy, turn, share } = this.#options;
    if (isBusy()) return false;
    const current = turn();
    if (current !== this.#turn) this.#sentInTurn = 0;
    this.#turn = current;
    return this.#sentInTurn++ < share();
  }
}

function withoutEnd(datagram: Uint8Array): Uint8Array {
  let end = datagram.length;
  while (end > 0 && (datagram[end - 1] === 0x0a || datagram[end - 1] === 0x0d)) end--;
  return datagram.subarray(0, end);
}
