/** On narrow screens the lists at the sides are drawers: one is open at a time, and the rest is out of reach then. */
import { find } from './dom.js';

/** @typedef {'rooms' | 'members'} Side */

const WIDTH = {
  rooms: window.matchMedia('(max-width: 760px)'),
  members: window.matchMedia('(max-width: 1040px)'),
};

export class Drawers {
  #sides = { rooms: find('rooms', HTMLElement), members: find('members', HTMLElement) };
  #toggles = { rooms: find('rooms-toggle', HTMLElement), members: find('members-toggle', HTMLElement) };
  #main = find('main', HTMLElement);
  /** @type {Side | null} */
  #open = null;

  constructor() {
    for (const side of /** @type {const} */ (['rooms', 'members'])) {
      this.#toggles[side].addEventListener('click', () => this.toggle(side));
      WIDTH[side].addEventListener('change', () => this.close());
    }
    find('scrim', HTMLElement).addEventListener('click', () => this.close());
    this.#apply();
  }

  get isOpen() {
    return this.#open !== null;
  }

  /** @param {Side} side */
  toggle(side) {
    if (!WIDTH[side].matches) return this.#sides[side].querySelector('button')?.focus();
    this.#open = this.#open === side ? null : side;
    this.#apply();
    if (this.#open === side) this.#sides[side].querySelector('button')?.focus();
    else this.#toggles[side].focus();
  }

  close() {
    const was = this.#open;
    this.#open = null;
    this.#apply();
    if (was !== null && !this.#toggles[was].hidden) this.#toggles[was].focus();
  }

  #apply() {
    document.body.dataset.drawer = this.#open ?? '';
    this.#main.inert = this.#open !== null;
    for (const side of /** @type {const} */ (['rooms', 'members'])) {
      this.#sides[side].inert = WIDTH[side].matches && this.#open !== side;
      this.#toggles[side].setAttribute('aria-expanded', String(this.#open === side));
    }
  }
}
