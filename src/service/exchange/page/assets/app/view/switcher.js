/** Goes to a conversation by typing: those one is in, other rooms, and rooms that are not there yet. */
import { printable } from '../text.js';
import { find, make } from './dom.js';

/**
 * @typedef {import('../client.js').Client} Client
 * @typedef {{ label: string, about: string, choose: () => void }} Choice
 */

/** Choices shown at a time. */
const MAX_CHOICES = 50;

export class Switcher {
  #client;
  #onGo;
  #dialog = find('switcher', HTMLDialogElement);
  #input = find('switcher-input', HTMLInputElement);
  #list = find('switcher-list', HTMLElement);
  #note = find('switcher-note', HTMLElement);
  /** @type {import('../types.js').RoomInfo[]} */
  #rooms = [];
  /** @type {Choice[]} */
  #choices = [];
  #active = 0;

  /**
   * @param {Client} client
   * @param {(key: string) => void} onGo `#room` or `@person`, entered or not
   */
  constructor(client, onGo) {
    this.#client = client;
    this.#onGo = onGo;
    this.#input.addEventListener('input', () => this.#render());
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    find('switcher-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault();
      this.#choose(this.#active);
    });
  }

  open() {
    if (this.#dialog.open) return;
    this.#input.value = '';
    this.#rooms = [];
    this.#note.textContent = 'Looking for rooms…';
    this.#render();
    this.#dialog.showModal();
    this.#input.focus();
    this.#client.list().then(
      (rooms) => this.#found(rooms, ''),
      (error) => this.#found([], error.message),
    );
  }

  /**
   * @param {import('../types.js').RoomInfo[]} rooms
   * @param {string} words
   */
  #found(rooms, words) {
    this.#rooms = rooms;
    this.#note.textContent = printable(words);
    this.#render();
  }

  #render() {
    const typed = this.#input.value.trim().replace(/^#/, '');
    const wanted = typed.toLowerCase();
    this.#choices = [...this.#known(), ...this.#others()].filter(({ label }) =>
      label.toLowerCase().includes(wanted),
    );
    const isThere = this.#choices.some(({ label }) => label.toLowerCase() === `#${wanted}`);
    if (typed !== '' && !typed.startsWith('@') && !isThere)
      this.#choices.push({ label: `#${typed}`, about: 'new room', choose: () => this.#onGo(`#${typed}`) });
    this.#choices.length = Math.min(this.#choices.length, MAX_CHOICES);
    this.#active = 0;
    this.#list.replaceChildren(...this.#choices.map((choice, index) => this.#option(choice, index)));
    this.#mark();
  }

  /** @returns {Choice[]} */
  #known() {
    return [...this.#client.conversations.values()].map(({ key, unread }) => ({
      label: key,
      about: unread > 0 ? `${unread} unread` : '',
      choose: () => this.#onGo(key),
    }));
  }

  /** @returns {Choice[]} */
  #others() {
    return this.#rooms
      .filter(({ room }) => !this.#client.conversations.has(`#${room}`))
      .map(({ room, members }) => ({
        label: `#${room}`,
        about: members === 1 ? '1 member' : `${members} members`,
        choose: () => this.#onGo(`#${room}`),
      }));
  }

  /**
   * @param {Choice} choice
   * @param {number} index
   */
  #option({ label, about }, index) {
    const option = make(
      'div',
      { id: `choice-${index}`, role: 'option', class: 'choice' },
      make('span', { class: 'label' }, printable(label)),
      make('span', { class: 'about' }, about),
    );
    option.addEventListener('click', () => this.#choose(index));
    return option;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || this.#choices.length === 0) return;
    event.preventDefault();
    this.#active = (this.#active + step + this.#choices.length) % this.#choices.length;
    this.#mark();
  }

  #mark() {
    for (const [index, option] of [...this.#list.children].entries()) {
      option.setAttribute('aria-selected', String(index === this.#active));
      if (index === this.#active) option.scrollIntoView({ block: 'nearest' });
    }
    if (this.#choices.length > 0) this.#input.setAttribute('aria-activedescendant', `choice-${this.#active}`);
    else this.#input.removeAttribute('aria-activedescendant');
  }

  /** @param {number} index */
  #choose(index) {
    const choice = this.#choices[index];
    if (choice === undefined) return;
    this.#dialog.close();
    choice.choose();
  }
}
