/** The door for streams: it lets connections in, or turns them away with a sentence. */
import type { Address, HalfCloseable, Listener, Timer } from '../../core/index.ts';
import { isGuarded } from './access/token.ts';
import { addressKey } from './admission.ts';
import { reportTrouble } from './diagnostics.ts';
import type { Door } from './door.ts';
import type { DoorKind } from './event.ts';
import type { House } from './house.ts';
import { LineClient } from './line-client.ts';

/** How often deadlines are looked at, in ms. */
const CHECK_EVERY = 1_000;

/** Connections that were turned away and still have their sentence to read; beyond it the oldest is dropped. */
const MAX_LINGERING = 1_024;

/** How long, in ms, one that was turned away may take to read the sentence, and a member that was told to go, to go. */
const LINGER = 1_000;

const encoder = new TextEncoder();

export class LineDoor implements Door {
  readonly kind: DoorKind;
  readonly #house: House;
  readonly #asksToken: boolean;
  readonly #listener: Listener<HalfCloseable>;
  readonly #clients = new Set<LineClient>();
  readonly #lingering = new Set<HalfCloseable>();
  readonly #accepting: Promise<void>;
  #check: Timer;
  #serial = 0;
  #onEmpty: (() => void) | undefined;

  /** @param asksToken whether those who come must show the access token, if the exchange has one */
  constructor(
    house: House,
    listener: Listener<HalfCloseable>,
    kind: DoorKind,
    asksToken: boolean = !isGuarded(listener.address),
  ) {
    this.#house = house;
    this.#asksToken = asksToken;
    this.#listener = listener;
    this.kind = kind;
    this.#check = this.#scheduleCheck();
    this.#accepting = this.#accept();
  }

  get address(): Address {
    return this.#listener.address;
  }

  get clients(): number {
    return this.#clients.size;
  }

  async stop(): Promise<void> {
    await this.#listener.close().catch(() => {});
    await this.#accepting;
  }

  async close(signal: AbortSignal): Promise<number> {
    await this.stop();
    // Who has not joined yet is not told by the hub.
    for (const client of this.#clients) client.onDismissed('the exchange is closing');
    this.#check.cancel();
    this.#check = this.#scheduleLeaving();
    if (this.#clients.size > 0) await this.#emptied(signal);
    this.#check.cancel();
    const left = this.#clients.size;
    for (const client of [...this.#clients]) client.abort();
    for (const connection of this.#lingering) connection.abort();
    return left;
  }

  /** Ends when the listener does. */
  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) this.#welcome(connection);
    } catch (error) {
      // The listener broke; members that are in and the other doors go on.
      reportTrouble(error);
    }
  }

  #welcome(connection: HalfCloseable): void {
    const { admission } = this.#house;
    const key = addressKey(connection.remote);
    try {
      admission.admit(key);
    } catch (thrown) {
      this.#turnAway(connection, thrown);
      return;
    }
    const label = `${this.kind}-${++this.#serial}`;
    const onGone = (client: LineClient): void => {
      admission.release(key);
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#onEmpty?.();
    };
    const { kind: door } = this;
    const asksToken = this.#asksToken;
    this.#clients.add(
      new LineClient({ house: this.#house, connection, door, addressKey: key, label, asksToken, onGone }),
    );
  }

  #turnAway(connection: HalfCloseable, thrown: unknown): void {
    const oldest = this.#lingering.size < MAX_LINGERING ? undefined : this.#lingering.values().next().value;
    if (oldest !== undefined) {
      this.#lingering.delete(oldest);
      oldest.abort();
    }
    this.#lingering.add(connection);
    const cut = new AbortController();
    const timer = this.#house.clock.after(LINGER, () => cut.abort(), { background: true });
    connection.write(encoder.encode(`! ${(thrown as Error).message}\n`)).catch(() => {});
    const done = (): void => {
      timer.cancel();
      this.#lingering.delete(connection);
    };
    connection.close({ signal: cut.signal }).then(done, done);
  }

  /** Many, such as `nc`, do not hang up when the server does: who has been sent everything is not waited for. */
  #scheduleLeaving(): Timer {
    return this.#house.clock.after(
      LINGER,
      () => {
        this.#check = this.#scheduleLeaving();
        for (const client of [...this.#clients]) if (client.hasDelivered) client.abort();
      },
      { background: true },
    );
  }

  #emptied(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  }

  #scheduleCheck(): Timer {
    return this.#house.clock.after(
      CHECK_EVERY,
      () => {
        for (const client of this.#clients) client.check();
        this.#house.admission.sweep();
        this.#check = this.#scheduleCheck();
      },
      { background: true },
    );
  }
}
