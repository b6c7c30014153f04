/**
 * Keeps a connection: opens one, waits longer each time that it fails, asks the person where only the person can help. It does not know
 * what is said over it but for the hello.
 */
import { Backoff } from './backoff.js';
import { Link, Refusal } from './link.js';

/**
 * What the connection is doing. `asking`: the person has to answer first.
 * @typedef {{ kind: 'connecting' | 'open' | 'left' } | { kind: 'waiting', until: number, reason: string }
 *   | { kind: 'asking', what: 'name' | 'token', words: string }} State
 *
 * @typedef {object} Owner
 * @property {(event: any) => void} onEvent
 * @property {(state: State) => void} onState
 * @property {(link: Link) => Promise<void>} hello throws what the exchange refuses
 * @property {(link: Link) => void} onOpen the hello was answered
 * @property {() => void} onLost
 */

/** Ms that a connection has to last for the next wait to be short again. */
const STABLE = 10_000;

/** What a person has to put right. After a break a name may still be held by the connection that was lost, so that is waited for. */
const QUESTIONS = /** @type {const} */ ({
  'token-needed': 'token',
  'bad-token': 'token',
  'bad-name': 'name',
  'name-taken': 'name',
});

export class Keeper {
  /** @type {State} */
  state = { kind: 'connecting' };
  #url;
  #owner;
  #backoff = new Backoff();
  /** @type {Link | null} */
  #link = null;
  #wasOpen = false;
  /** @type {() => void} */
  #wake = () => {};

  /**
   * @param {string} url
   * @param {Owner} owner
   */
  constructor(url, owner) {
    this.#url = url;
    this.#owner = owner;
  }

  /** Until `leave`. */
  async run() {
    this.#set({ kind: 'connecting' });
    while (this.#isStaying()) {
      const since = Date.now();
      const error = await this.#stay();
      if (!this.#isStaying()) break;
      if (Date.now() - since >= STABLE) this.#backoff.reset();
      await this.#pause(error);
      if (this.#isStaying()) this.#set({ kind: 'connecting' });
    }
  }

  /** Does not wait any longer; where something was asked, it has been answered. */
  wake() {
    this.#wake();
  }

  /** A connection that is open but dead is found out now. */
  probe() {
    if (this.state.kind === 'open') this.#link?.request({ type: 'ping' }).catch(() => {});
    else if (this.state.kind === 'waiting') this.#wake();
  }

  /** Ends it; `run` may be called again. */
  leave() {
    this.#link?.request({ type: 'quit' }).catch(() => {});
    this.#set({ kind: 'left' });
    this.#link?.close('You left');
    this.#wasOpen = false;
    this.#wake();
  }

  #isStaying() {
    return this.state.kind !== 'left';
  }

  /** One connection from its beginning to its end. @returns {Promise<Error>} why it ended */
  async #stay() {
    const link = new Link(this.#url, this.#owner.onEvent);
    this.#link = link;
    try {
      await link.opened;
      await this.#owner.hello(link);
      this.#wasOpen = true;
      link.keepAlive();
      this.#set({ kind: 'open' });
      this.#owner.onOpen(link);
      return await link.ended;
    } catch (error) {
      return /** @type {Error} */ (error);
    } finally {
      link.close('');
      this.#owner.onLost();
    }
  }

  /** @param {Error} error */
  async #pause(error) {
    const what = this.#question(error);
    if (what !== undefined) return await this.#sleep({ kind: 'asking', what, words: error.message });
    const ms = this.#backoff.next();
    const timer = setTimeout(() => this.#wake(), ms);
    await this.#sleep({ kind: 'waiting', until: Date.now() + ms, reason: error.message });
    clearTimeout(timer);
  }

  /** @param {Error} error */
  #question(error) {
    if (!(error instanceof Refusal) || !Object.hasOwn(QUESTIONS, error.code)) return undefined;
    if (error.code === 'name-taken' && this.#wasOpen) return undefined;
    return QUESTIONS[/** @type {keyof typeof QUESTIONS} */ (error.code)];
  }

  /** Until `wake`. @param {State} state */
  async #sleep(state) {
    const woken = new Promise((resolve) => {
      this.#wake = () => resolve(undefined);
    });
    this.#set(state);
    await woken;
    this.#wake = () => {};
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    this.#owner.onState(state);
  }
}
