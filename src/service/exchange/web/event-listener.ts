/**
 * Somebody who listens to a room by server-sent events: they hear what they missed, and then what happens. It knows no HTTP; the
 * stream that it writes is somebody else's to send.
 */
import type { Batch, Outlet } from '../event.ts';
import type { House } from '../house.ts';
import type { Room } from '../member.ts';
import { type Carrier, Outbox } from '../outbox.ts';
import { type EventScript, HEARTBEAT, OPENING } from './event-script.ts';

/** Ms without a word until a sign of life is sent. Precedent: the HTML Standard advises some 15 s. */
const HEARTBEAT_EVERY = 15_000;

/** Takes what is written. */
export interface EventLine extends Carrier<Uint8Array> {
  /** Ends the stream behind all that was pushed. */
  end(): void;
  /** Ends it at once, so that the other side knows that something is missing. */
  abort(reason: string): void;
}

export interface EventListenerOptions {
  readonly house: House;
  readonly script: EventScript;
  readonly line: EventLine;
  readonly room: string;
  /** Messages after this one are heard first; `null` for none. */
  readonly after: number | null;
}

export class EventListener implements Outlet {
  readonly #house: House;
  readonly #script: EventScript;
  readonly #line: EventLine;
  readonly #outbox: Outbox<Uint8Array>;
  readonly #room: Room;
  #toldAt: number;
  #isOver = false;

  /** @throws Refusal `bad-room`, `limit`, `closing`, `storage` */
  constructor({ house, script, line, room, after }: EventListenerOptions) {
    this.#house = house;
    this.#script = script;
    this.#line = line;
    const { clock, flusher, limits, tally } = house;
    this.#toldAt = clock.now();
    this.#outbox = new Outbox({
      carrier: line,
      flusher,
      limit: limits.outboxBytes,
      now: () => clock.now(),
      tally,
      missed: (count) => script.reply({ type: 'missed', count }),
    });
    this.#room = house.hub.listen(this, room);
    try {
      this.#begin(after);
    } catch (thrown) {
      this.lost();
      throw thrown;
    }
  }

  /** Looks at the deadlines. Called about once a second. */
  check(): void {
    if (this.#isOver) return;
    this.#outbox.check();
    const now = this.#house.clock.now();
    const slowSince = this.#outbox.slowSince(now);
    if (slowSince !== null && now - slowSince >= this.#house.limits.slow) {
      this.#house.tally.slow++;
      this.lost();
      this.#line.abort('you read too slowly');
    } else if (now - this.#toldAt >= HEARTBEAT_EVERY && this.#outbox.pending === 0) this.#say(HEARTBEAT);
  }

  /** There is room for more. */
  drained(): void {
    this.#outbox.drained();
  }

  /** Nobody listens any more. Idempotent. */
  lost(): void {
    this.#isOver = true;
    this.#house.hub.unlisten(this, this.#room);
  }

  onEvents(batch: Batch): void {
    this.#toldAt = this.#house.clock.now();
    this.#outbox.addEvents(this.#script.batch(batch), batch.events.length);
  }

  /** Nobody can tell a listener anything privately. */
  onPrivate(): void {}

  onDismissed(reason: string): void {
    if (this.#isOver) return;
    this.#say(this.#script.reply({ type: 'bye', reason }));
    this.#outbox.flush();
    this.lost();
    this.#line.end();
  }

  /** What is older than a page is only counted: whoever wants it asks for it. */
  #begin(after: number | null): void {
    this.#say(OPENING);
    if (after === null) return;
    const { hub, limits } = this.#house;
    const { count } = hub.count(this.#room, after);
    if (count === 0) return;
    const page = hub.page(this.#room, null, Math.min(count, limits.historyMessages));
    if (count > page.messages.length)
      this.#say(this.#script.reply({ type: 'missed', count: count - page.messages.length }));
    this.#say(this.#script.messages(page.messages));
  }

  #say(bytes: Uint8Array): void {
    this.#toldAt = this.#house.clock.now();
    this.#outbox.addReply(bytes);
  }
}
