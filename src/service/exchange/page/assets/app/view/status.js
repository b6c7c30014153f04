/** What the connection is doing, in words, with what can be done about it. */
import { printable } from '../text.js';
import { find } from './dom.js';

/** @typedef {import('../keeper.js').State} State */

export class StatusView {
  #banner = find('banner', HTMLElement);
  #words = find('banner-words', HTMLElement);
  #countdown = find('banner-countdown', HTMLElement);
  #button = find('banner-button', HTMLButtonElement);
  #dot = find('connection', HTMLElement);
  /** @type {State} */
  #state = { kind: 'connecting' };
  #wasOpen = false;
  #timer = 0;

  /** @param {() => void} onButton try now, or come back */
  constructor(onButton) {
    this.#button.addEventListener('click', onButton);
  }

  /** @param {State} state */
  show(state) {
    this.#state = state;
    this.#wasOpen ||= state.kind === 'open';
    const { kind } = state;
    // The first moment of connecting is not worth a word.
    this.#banner.hidden = kind === 'open' || kind === 'asking' || (kind === 'connecting' && !this.#wasOpen);
    this.#dot.dataset.state = kind === 'open' ? 'open' : kind === 'left' ? 'left' : 'lost';
    this.#dot.textContent = {
      open: 'Connected',
      left: 'Not connected',
      connecting: 'Connecting…',
      waiting: 'Not connected',
      asking: 'Not connected',
    }[kind];
    if (kind === 'waiting') this.#words.textContent = `${sentence(printable(state.reason))} `;
    if (kind === 'connecting') this.#words.textContent = 'Connecting… ';
    if (kind === 'left') this.#words.textContent = 'You have left the exchange. ';
    this.#button.hidden = kind === 'connecting';
    this.#button.textContent = kind === 'left' ? 'Come back' : 'Try now';
    clearInterval(this.#timer);
    if (kind === 'waiting') this.#timer = setInterval(() => this.#tick(), 1_000);
    this.#tick();
  }

  #tick() {
    const state = this.#state;
    const seconds = state.kind === 'waiting' ? Math.ceil((state.until - Date.now()) / 1_000) : 0;
    this.#countdown.textContent = seconds > 0 ? `Trying again in ${seconds} s.` : '';
  }
}

/** @param {string} words */
function sentence(words) {
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
