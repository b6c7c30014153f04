/**
 * What has been seen of one room, so that after a break nothing is shown twice and nothing is left out in silence. It
 * does not know how messages come.
 */
import type { HistoryPage, RoomMessage } from './message.ts';

/** Messages fetched or held to close one gap. A longer break is said instead of replayed. */
export const CATCH_UP_MAX = 1_000;

/** What a room had to say since it was last seen. */
export interface CaughtUp {
  /** Oldest first; none of them was handed out before. */
  readonly messages: readonly RoomMessage[];
  /** There were more, and the server no longer has them or they were too many. */
  readonly gap: boolean;
}

export class RoomLog {
  readonly #show: number;
  /** Id of the newest message handed out; 0 when the room was empty, `null` before its first page. */
  #last: number | null = null;
  #held: RoomMessage[] | null = null;
  #fetched: RoomMessage[] = [];
  #overflowed = false;

  /** @param show how many messages of the first page are handed out */
  constructor(show: number) {
    this.#show = show;
  }

  /** Nothing was ever seen of the room. */
  get fresh(): boolean {
    return this.#last === null;
  }

  /** From now until the last page, what arrives is held, for the pages come first. */
  begin(): void {
    this.#held = [];
    this.#fetched = [];
  }

  /** Messages were left out just now. Whether pages are to be fetched for it; if that is under way, it becomes a gap. */
  missed(): boolean {
    this.#overflowed = this.#held !== null;
    if (!this.#overflowed) this.begin();
    return !this.#overflowed;
  }

  /** A message that just arrived: itself if it is to be shown now. */
  live(message: RoomMessage): RoomMessage | null {
    if (this.#held !== null) {
      this.#hold(this.#held, message);
      return null;
    }
    if (message.id <= (this.#last ?? 0)) return null;
    this.#last = message.id;
    return message;
  }

  /** A page of history, the newest first. The cursor of the next page to ask for, or all that is to be shown. */
  page(page: HistoryPage): number | CaughtUp {
    this.#fetched.unshift(...page.messages);
    const last = this.#last;
    const reached = last === null || this.#fetched.some((message) => message.id <= last);
    if (!reached && page.before !== null && this.#fetched.length < CATCH_UP_MAX) return page.before;
    return this.#finish(reached || (last === 0 && page.before === null));
  }

  /** The pages could not be had: what was held comes out, and that there may be a gap. */
  giveUp(): CaughtUp {
    this.#fetched = [];
    return this.#finish(false);
  }

  #finish(complete: boolean): CaughtUp {
    const fetched = this.#fetched;
    const last = this.#last;
    // Ids grow with every message for good: lower ones mean that the server lost its history and counts anew.
    const startedOver = last !== null && fetched.length > 0 && fetched.at(-1)!.id < last;
    const seen = last === null ? (fetched.at(-1 - this.#show)?.id ?? 0) : startedOver ? 0 : last;
    const messages = inOrder([...fetched, ...(this.#held ?? [])], seen);
    const gap = this.#overflowed || startedOver || !complete;
    this.#last = messages.at(-1)?.id ?? seen;
    this.#held = null;
    this.#fetched = [];
    this.#overflowed = false;
    return { messages, gap };
  }

  #hold(held: RoomMessage[], message: RoomMessage): void {
    held.push(message);
    if (held.length <= CATCH_UP_MAX) return;
    held.shift();
    this.#overflowed = true;
  }
}

/** Newer than `seen`, each once, oldest first. */
function inOrder(messages: readonly RoomMessage[], seen: number): RoomMessage[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  return [...byId.values()].filter((message) => message.id > seen).sort((a, b) => a.id - b.id);
}
