/**
 * One client that stays connected, whatever it is carried by and written in: its session, its outbox, and the deadlines of
 * both. What the client sends reaches it as commands, already read.
 */

import { TokenBucket } from '../token-bucket.ts';
import type { Command } from './command.ts';
import type { Batch, DoorKind, Outlet, Private } from './event.ts';
import type { House } from './house.ts';
import { type Carrier, Outbox, type Piece } from './outbox.ts';
import type { Reply, Request } from './protocol.ts';
import { Session, type Voice } from './session.ts';

/** Why a conversation ends: the member left, the exchange closes, the client broke a rule, or sent what is not taken. */
export type Farewell = 'quit' | 'closing' | 'policy' | 'unsupported';

/** The connection under a conversation. */
export interface Line<P extends Piece> extends Carrier<P> {
  pause(): void;
  resume(): void;
  /** Ends it once everything has left. */
  close(farewell: Farewell, reason: string): void;
  abort(): void;
}

/** How things are written on that connection. */
export interface Script<P extends Piece> {
  /** `null` when there is nothing to write. */
  reply(reply: Reply): P | null;
  private(event: Private): P;
  /** The same piece for all who see the same, so that a batch is encoded once. */
  batch(batch: Batch, self: Outlet): P;
}

export interface Client {
  readonly house: House;
  readonly door: DoorKind;
  /** Of the address, for its share of the rate. */
  readonly addressKey: string;
  readonly label: string;
  /** Whether the access token must be shown first, if the exchange has one. */
  readonly asksToken: boolean;
}

export class Conversation<P extends Piece> implements Voice {
  readonly #client: Client;
  readonly #line: Line<P>;
  readonly #script: Script<P>;
  readonly #outbox: Outbox<P>;
  readonly #session: Session;
  readonly #since: number;
  #heardAt: number;
  /** Since when nothing is read until the client takes its replies. */
  #blockedSince: number | null = null;
  #isEnding = false;

  constructor(client: Client, line: Line<P>, script: Script<P>) {
    this.#client = client;
    this.#line = line;
    this.#script = script;
    const { clock, limits, flusher } = client.house;
    this.#since = clock.now();
    this.#heardAt = this.#since;
    this.#outbox = new Outbox({
      carrier: line,
      flusher,
      limit: limits.outboxBytes,
      now: () => clock.now(),
      tally: client.house.tally,
      missed: (count) => script.reply({ type: 'missed', count })!,
    });
    this.#session = makeSession(client, this);
  }

  get isMember(): boolean {
    return this.#session.isMember;
  }

  /** Whether it may enter: no token is needed, or it has shown it. */
  get isAdmitted(): boolean {
    return this.#session.isAdmitted;
  }

  /** Whether nothing is read until the client takes its replies. */
  get isBlocked(): boolean {
    return this.#blockedSince !== null;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** The system has taken all that is for the client, its end included. */
  get hasDelivered(): boolean {
    return this.#isEnding && this.#outbox.pending === 0;
  }

  /** Looks at the deadlines. Called about once a second. */
  check(): void {
    if (this.#isEnding) return;
    this.#outbox.check();
    const reason = this.#overdue(this.#client.house.clock.now());
    if (reason !== null) this.dismiss(reason, 'policy');
  }

  /**
   * Enters under a name that the hub chooses, or says why not. `history` is how many messages that were said before are sent along.
   */
  greet(history: number): void {
    try {
      this.#session.enter(history);
    } catch (thrown) {
      this.refuse(thrown);
    }
  }

  /** The client sent something, whatever it is. */
  heard(): void {
    this.#heardAt = this.#client.house.clock.now();
  }

  handle(request: Exclude<Command, { type: 'help' }>): void {
    this.#session.handle(request);
  }

  /** @throws what is no Refusal */
  refuse(thrown: unknown, id?: Request['id']): void {
    this.#session.refuse(thrown, id);
  }

  /** A piece that answers the client. */
  say(piece: P): void {
    this.#outbox.addReply(piece);
  }

  /** Whoever asks and does not take the answers is not read from. `true` when it begins or goes on. */
  blockWhenFull(): boolean {
    if (!this.#outbox.isFull) return false;
    this.#blockedSince ??= this.#client.house.clock.now();
    this.#line.pause();
    return true;
  }

  /** There is room for more. Reading goes on with `resume`, after what was read before has been handled. */
  drained(): void {
    this.#outbox.drained();
    this.#blockedSince = null;
  }

  /** The client said all that it will: it gets the answers, and leaves. */
  finish(): void {
    this.#client.house.hub.flush();
    this.#session.end('left');
    this.#close('quit', 'left');
  }

  /** The connection is gone. */
  lost(): void {
    this.#isEnding = true;
    this.#session.end('connection lost');
  }

  dismiss(reason: string, farewell: Farewell): void {
    if (this.#isEnding) return;
    this.onReply({ type: 'bye', reason });
    this.#session.end(reason);
    this.#close(farewell, reason);
  }

  abort(): void {
    this.#line.abort();
  }

  onReply(reply: Reply): void {
    const piece = this.#script.reply(reply);
    if (piece !== null) this.#outbox.addReply(piece);
  }

  onEvents(batch: Batch): void {
    const piece = this.#script.batch(batch, this);
    if (piece.length > 0) this.#outbox.addEvents(piece, batch.events.length);
  }

  onPrivate(event: Private): void {
    this.#outbox.addEvents(this.#script.private(event), 1);
  }

  onBanned(reason: string): void {
    this.dismiss(reason, 'policy');
  }

  onDismissed(reason: string): void {
    this.dismiss(reason, 'closing');
  }

  onQuit(): void {
    this.#close('quit', 'you quit');
  }

  #close(farewell: Farewell, reason: string): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#outbox.flush();
    if (this.isBlocked) this.#line.resume();
    this.#line.close(farewell, reason);
  }

  /** What has taken too long, as a sentence; `null` when nothing has. */
  #overdue(now: number): string | null {
    const { idle, slow, token } = this.#client.house.limits;
    const slowSince = this.#blockedSince ?? this.#outbox.slowSince(now);
    if (slowSince !== null && now - slowSince >= slow) {
      this.#client.house.tally.slow++;
      return 'you read too slowly';
    }
    if (!this.isAdmitted && now - this.#since >= token)
      return `a token must come within ${token / 1000} seconds`;
    if (idle > 0 && now - this.#heardAt >= idle) return `nothing came from you for ${idle / 1000} seconds`;
    return null;
  }
}

function makeSession({ house, door, addressKey, label, asksToken }: Client, voice: Voice): Session {
  const { hub, server, clock, wallTime, limits, admission, gate } = house;
  return new Session({
    hub,
    voice,
    door,
    label,
    server,
    bucket: new TokenBucket(limits.rate, limits.burst, clock.now()),
    allows: () => admission.allows(addressKey),
    now: () => clock.now(),
    wallTime,
    idle: limits.idle,
    checkToken: asksToken && gate !== null ? (token) => gate.check(addressKey, token) : undefined,
  });
}
