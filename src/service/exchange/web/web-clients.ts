/** Those who stay connected to a web door, by WebSocket or by events: admitted, counted, looked after, told to go. */
import type { Timer } from '../../../core/index.ts';
import type { House } from '../house.ts';

/** How often deadlines are looked at, in ms. */
const CHECK_EVERY = 1_000;

export interface WebClient {
  check(): void;
  onDismissed(reason: string): void;
}

export class WebClients {
  readonly #house: House;
  readonly #clients = new Map<WebClient, string>();
  #check: Timer;

  constructor(house: House) {
    this.#house = house;
    this.#check = this.#scheduleCheck();
  }

  get size(): number {
    return this.#clients.size;
  }

  /**
   * Lets a client in, which `make` makes.
   * @param key of its address
   * @throws Refusal `full`, and what `make` throws
   */
  admit<C extends WebClient>(key: string, make: () => C): C {
    const { admission } = this.#house;
    admission.admit(key);
    try {
      const client = make();
      this.#clients.set(client, key);
      return client;
    } catch (thrown) {
      admission.release(key);
      throw thrown;
    }
  }

  /** The client is gone. Idempotent. */
  forget(client: WebClient): void {
    const key = this.#clients.get(client);
    if (key === undefined) return;
    this.#clients.delete(client);
    this.#house.admission.release(key);
  }

  /** Tells those whom the hub did not: who has not joined yet. Nothing is looked after any more. */
  dismiss(reason: string): void {
    this.#check.cancel();
    for (const client of [...this.#clients.keys()]) client.onDismissed(reason);
  }

  #scheduleCheck(): Timer {
    return this.#house.clock.after(
      CHECK_EVERY,
      () => {
        for (const client of [...this.#clients.keys()]) client.check();
        this.#house.admission.sweep();
        this.#check = this.#scheduleCheck();
      },
      { background: true },
    );
  }
}
