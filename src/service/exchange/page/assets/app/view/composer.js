/** Where one writes. What is written stays with its conversation until it is sent. */
import { byteLength } from '../text.js';
import { find } from './dom.js';

/** Share of the longest message from which on is told how much is left. */
const TELL_FROM = 0.8;
const MAX_ROWS = 8;

export class Composer {
  #text = find('composer-text', HTMLTextAreaElement);
  #send = find('composer-send', HTMLButtonElement);
  #counter = find('composer-counter', HTMLElement);
  #words = find('composer-words', HTMLElement);
  /** What is begun in other conversations. @type {Map<string, string>} */
  #begun = new Map();
  #key = '';
  #limit = 4096;

  /** @param {(text: string) => string | null} onSend returns why it was not taken */
  constructor(onSend) {
    const send = () => {
      if (this.#isTooLong()) return this.tell(`This is too long: shorten it by ${this.#excess()} bytes.`);
      const words = onSend(this.#text.value);
      if (words === null) this.#clear();
      else if (words !== '') this.tell(words);
    };
    find('composer', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      send();
    });
    this.#text.addEventListener('input', () => this.#changed());
    this.#text.addEventListener('keydown', (event) => {
      // An input method's Enter chooses a word.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      send();
    });
  }

  focus() {
    this.#text.focus();
  }

  /** @param {number} bytes longest message */
  set limit(bytes) {
    this.#limit = bytes;
    this.#changed();
  }

  /**
   * @param {string} key
   * @param {string} label
   */
  turnTo(key, label) {
    if (this.#text.value === '') this.#begun.delete(this.#key);
    else this.#begun.set(this.#key, this.#text.value);
    this.#key = key;
    // What was begun before there was a conversation belongs to the first.
    this.#text.value = this.#begun.get(key) ?? this.#begun.get('') ?? '';
    this.#begun.delete('');
    this.#text.placeholder = label;
    this.#text.setAttribute('aria-label', label);
    this.#changed();
  }

  /** @param {string} words what was not done, and why; empty for nothing */
  tell(words) {
    this.#words.textContent = words;
    this.#text.toggleAttribute('aria-invalid', words !== '');
  }

  #clear() {
    this.#text.value = '';
    this.#changed();
  }

  #changed() {
    const { value } = this.#text;
    this.tell('');
    this.#text.rows = Math.min(MAX_ROWS, value.split('\n').length);
    this.#send.disabled = value.trim() === '';
    const left = this.#limit - byteLength(value);
    this.#counter.textContent =
      left < 0 ? `${-left} bytes too long` : left < this.#limit * (1 - TELL_FROM) ? `${left} bytes left` : '';
    this.#counter.classList.toggle('over', left < 0);
  }

  #excess() {
    return byteLength(this.#text.value) - this.#limit;
  }

  #isTooLong() {
    return this.#excess() > 0 && !this.#text.value.startsWith('/');
  }
}
