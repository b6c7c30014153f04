/**
 * A room, or the messages with one person: a window on what was said, so that nothing is kept without bound, nothing is shown
 * twice and nothing is left out in silence. It does not know how entries come, nor how they are shown.
 */

/**
 * @typedef {import('./types.js').Entry} Entry
 * @typedef {import('./types.js').Message} Message
 * @typedef {import('./types.js').Door} Door
 */

/** Entries kept, and so also in the page, of one conversation. What is older is fetched again when it is looked for. */
export const WINDOW = 400;

/** What changed, for those who show it. `reset`: everything. @typedef {'append' | 'prepend' | 'reset'} Change */

export class Conversation {
  /** `#lobby` or `@anna`. */
  key;
  name;
  /** @type {Entry[]} Oldest first. */
  entries = [];
  /** Cursor of what is older; `null` when there is nothing. @type {number | null} */
  before = null;
  /** Whether the newest entry is among them. */
  atEnd = true;
  unread = 0;
  /** Who is there; `null` when nobody has asked yet. @type {Map<string, Door> | null} */
  members = null;
  /** How many are there; the list may be shorter. */
  total = 0;
  /** Whether a page of history is under way. */
  isLoading = false;
  /** Id of the newest message seen; `null` before the first page. @type {number | null} */
  #last = null;
  #isStale = false;
  /** Entries that came while pages are under way. @type {Entry[] | null} */
  #held = null;

  /**
   * @param {'#' | '@'} sign
   * @param {string} name
   */
  constructor(sign, name) {
    this.key = sign + name;
    this.name = name;
  }

  get isRoom() {
    return this.key.startsWith('#');
  }

  get isFresh() {
    return this.#last === null;
  }

  /** From now until the pages are there, what arrives is held: pages come first. */
  begin() {
    this.#held ??= [];
  }

  /** Events were left out. Whether pages are to be fetched for it; if that is under way, they have to be fetched once more. */
  missed() {
    this.#isStale = this.#held !== null;
    return !this.#isStale;
  }

  /** Whether the pages that were fetched do not count, because events were left out meanwhile. Only the newest page helps. */
  takeStale() {
    const isStale = this.#isStale;
    this.#isStale = false;
    if (isStale) this.#last = null;
    return isStale;
  }

  /**
   * Something that arrived now.
   * @param {Entry} entry
   * @returns {boolean} whether it is new; then it is at the end, or, when the end is not in the window, counted only
   */
  live(entry) {
    if (this.#held !== null) {
      this.#held.push(entry);
      if (this.#held.length > WINDOW) this.#held.shift();
      return false;
    }
    return this.#add(entry);
  }

  /**
   * Whether more pages are needed to reach what was seen last.
   * @param {Message[]} fetched oldest first
   * @param {number | null} before
   */
  needsMore(fetched, before) {
    const last = this.#last;
    if (last === null || before === null || fetched.length >= WINDOW) return false;
    return !fetched.some(({ id }) => id <= last);
  }

  /**
   * The pages are there.
   * @param {Message[]} fetched oldest first
   * @param {number | null} before
   * @returns {{ change: Change, fresh: Entry[] }} what was not seen before; on the first time nothing counts as such
   */
  caughtUp(fetched, before) {
    const last = this.#last;
    const held = this.#held ?? [];
    this.#held = null;
    const newest = fetched.at(-1)?.id ?? 0;
    // Ids grow for ever: lower ones mean that the exchange has lost its history and counts anew.
    const startedOver = last !== null && fetched.length > 0 && newest < last;
    const joins = last !== null && !startedOver && (before === null || fetched.some(({ id }) => id <= last));
    if (!joins) {
      this.entries = [];
      this.before = before;
      this.atEnd = true;
      this.#last = 0;
    }
    const fresh = [...fetched, ...held].filter((entry) => this.#add(entry));
    this.#last = Math.max(this.#last ?? 0, newest);
    return {
      change: joins ? 'append' : 'reset',
      fresh: last === null || startedOver ? [] : fresh.filter((e) => isNewer(e, last)),
    };
  }

  /**
   * Somebody came, went, or changed the name.
   * @param {import('./types.js').Presence} event
   * @returns {boolean} whether the list of members, if there is one, is another
   */
  meet({ type, member, name = '', door = 'ws' }) {
    const { members } = this;
    if (members === null) return false;
    const before = members.get(member);
    if (type === 'joined') members.set(member, door);
    else members.delete(member);
    if (type === 'renamed') members.set(name, before ?? 'ws');
    if (type === 'joined' && before === undefined) this.total++;
    if (type === 'left') this.total--;
    return true;
  }

  /** The pages could not be had: what was held comes out. @returns {Entry[]} */
  giveUp() {
    const held = this.#held ?? [];
    this.#held = null;
    return held.filter((entry) => this.#add(entry));
  }

  /**
   * What is older than the first entry.
   * @param {Message[]} messages oldest first
   * @param {number | null} before
   * @returns {Message[]} those that were put in front
   */
  prepend(messages, before) {
    const first = this.entries.find((entry) => entry.type === 'message');
    const older = messages.filter(({ id }) => first === undefined || id < /** @type {Message} */ (first).id);
    this.entries.unshift(...older);
    this.before = before;
    if (this.entries.length > WINDOW) {
      this.entries.length = WINDOW;
      this.atEnd = false;
    }
    return older;
  }

  /** Shows the newest page again after looking far back. The next pages replace everything. */
  forget() {
    this.#last = null;
    this.begin();
  }

  /** @param {Entry} entry */
  #add(entry) {
    if (entry.type === 'message') {
      if (entry.id <= (this.#last ?? 0)) return false;
      this.#last = entry.id;
    }
    if (!this.atEnd) return true;
    this.entries.push(entry);
    if (this.entries.length > WINDOW) this.#trim();
    return true;
  }

  #trim() {
    this.entries.splice(0, this.entries.length - WINDOW);
    const first = this.entries.find((entry) => entry.type === 'message');
    if (first?.type === 'message') this.before = first.id;
  }
}

/**
 * @param {Entry} entry
 * @param {number} last
 */
function isNewer(entry, last) {
  return entry.type !== 'message' || entry.id > last;
}
