/**
 * What was said and is not confirmed. One leaves at a time, so their order holds, and after a lost connection only that one is in
 * doubt. It does not know how it is sent.
 */
import { Refusal } from './link.js';

/** @typedef {import('./types.js').Draft} Draft */

/** Drafts that may wait. Enough for a person. */
export const OUTBOX_MAX = 200;

/** Ms until a message that came too fast for the exchange is tried again. */
const RATE_PAUSE = 1_000;

export class Outbox {
  /** @type {Draft[]} */
  drafts = [];
  #nextKey = 1;
  #onChange;
  /** @type {((draft: Draft) => Promise<number | undefined>) | null} */
  #send = null;
  #busy = false;

  /** @param {(draft: Draft) => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * @param {Draft['request']} request
   * @returns {Draft | null} `null` when too many wait
   */
  put(request) {
    if (this.drafts.length >= OUTBOX_MAX) return null;
    /** @type {Draft} */
    const draft = { key: `draft-${this.#nextKey++}`, request, state: 'waiting' };
    this.drafts.push(draft);
    this.#onChange(draft);
    void this.#pump();
    return draft;
  }

  /** @param {Draft} draft one that failed */
  retry(draft) {
    this.#set(draft, 'waiting');
    void this.#pump();
  }

  /** @param {Draft} draft */
  remove(draft) {
    this.drafts = this.drafts.filter((other) => other !== draft);
    this.#onChange(draft);
  }

  /**
   * Sends what waits, and what comes.
   * @param {(draft: Draft) => Promise<number | undefined>} send returns the id that the message was given
   */
  open(send) {
    this.#send = send;
    void this.#pump();
  }

  /** The way is gone; drafts wait from now on. */
  shut() {
    this.#send = null;
  }

  /** The one that was under way when the way went. */
  get doubtful() {
    return this.drafts.find(({ state }) => state === 'sent');
  }

  /**
   * Of the message that was under way, the history tells whether it arrived.
   * @param {Draft} draft
   * @param {import('./types.js').Entry[]} fresh what was said in its room since
   */
  settleDoubt(draft, fresh) {
    const { request, sentAs } = draft;
    const found = fresh.some(
      (entry) =>
        entry.type === 'message' &&
        entry.sender === sentAs &&
        entry.kind === request.type &&
        entry.body === request.body,
    );
    if (found) this.remove(draft);
    else this.#set(draft, 'waiting');
  }

  /** No history tells of this one: only the person can decide. @param {Draft} draft */
  giveUp(draft) {
    this.#set(draft, 'failed', 'The connection broke; nobody knows whether this arrived');
  }

  async #pump() {
    if (this.#busy) return;
    this.#busy = true;
    for (;;) {
      const send = this.#send;
      const draft = this.drafts.find(({ state }) => state === 'waiting');
      if (send === null || draft === undefined) break;
      this.#set(draft, 'sent');
      await this.#try(draft, send);
    }
    this.#busy = false;
  }

  /**
   * @param {Draft} draft
   * @param {(draft: Draft) => Promise<number | undefined>} send
   */
  async #try(draft, send) {
    try {
      const message = await send(draft);
      if (message !== undefined) draft.message = message;
      this.#set(draft, 'kept');
    } catch (error) {
      if (!(error instanceof Refusal)) {
        // The way is gone: this one is in doubt until the history tells.
        if (this.#send === send) this.#send = null;
        return;
      }
      if (error.code !== 'rate') return this.#set(draft, 'failed', error.message);
      this.#set(draft, 'waiting', 'Too fast for the exchange; waiting a moment');
      await new Promise((resolve) => setTimeout(resolve, RATE_PAUSE));
    }
  }

  /**
   * @param {Draft} draft
   * @param {Draft['state']} state
   * @param {string} [reason]
   */
  #set(draft, state, reason) {
    draft.state = state;
    if (reason === undefined) delete draft.reason;
    else draft.reason = reason;
    this.#onChange(draft);
  }
}
