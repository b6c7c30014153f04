/** The conversation that is looked at: its entries, what waits to be sent, where it is scrolled to. */
import { WINDOW } from '../conversation.js';
import { printable } from '../text.js';
import { button, find, make } from './dom.js';
import { nameTag, renderBody, renderEntry } from './entry.js';

/**
 * @typedef {import('../client.js').Client} Client
 * @typedef {import('../conversation.js').Conversation} Conversation
 * @typedef {import('../types.js').Draft} Draft
 * @typedef {import('../types.js').Entry} Entry
 * @typedef {{ entry: Entry, element: HTMLElement }} Row
 */

/** Pixels from an end that count as the end, and from the top at which older messages are fetched. */
const NEAR_END = 40;
const NEAR_TOP = 300;

export class LogView {
  /** @type {Conversation | null} */
  conversation = null;
  #client;
  #onSeen;
  #scroller = find('log', HTMLElement);
  #list = find('entries', HTMLOListElement);
  #drafts = find('drafts', HTMLOListElement);
  #top = find('log-top', HTMLElement);
  #jump = find('jump', HTMLButtonElement);
  /** @type {Row[]} */
  #rows = [];
  /** @type {Entry | null} */
  #firstUnread = null;
  #isPinned = true;

  /**
   * @param {Client} client
   * @param {() => void} onSeen the end is in sight
   */
  constructor(client, onSeen) {
    this.#client = client;
    this.#onSeen = onSeen;
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#jump.addEventListener('click', () => void this.toEnd());
    new ResizeObserver(() => this.#isPinned && this.#pin()).observe(this.#scroller);
  }

  /** Whether what comes now is seen. */
  get isAtEnd() {
    return this.#isPinned && this.conversation?.atEnd !== false;
  }

  /** @param {Conversation} conversation */
  show(conversation) {
    this.conversation = conversation;
    const { unread, entries } = conversation;
    const messages = entries.filter(({ type }) => type === 'message' || type === 'private');
    this.#firstUnread = unread > 0 ? (messages.at(-unread) ?? null) : null;
    this.#renderAll();
    this.#renderDrafts();
    this.#pin();
    const line = this.#list.querySelector('.unread-line');
    if (line !== null && this.#scroller.scrollHeight > this.#scroller.clientHeight * 2)
      line.scrollIntoView({ block: 'center' });
    this.#scrolled();
  }

  /** No conversation is looked at. */
  clear() {
    this.conversation = null;
    this.#renderAll();
    this.#renderDrafts();
    this.#top.textContent = 'You are in no room. Press Ctrl K to choose one.';
    this.#jump.hidden = true;
  }

  /**
   * Entries of the conversation changed.
   * @param {import('../conversation.js').Change} change
   * @param {Entry[]} entries
   */
  changed(change, entries) {
    if (this.conversation === null) return;
    if (change === 'append' && this.conversation.atEnd) this.#append(entries);
    else if (change === 'prepend') this.#prepend(entries);
    else if (change === 'reset') {
      this.#renderAll();
      this.#pin();
    }
    this.#updateTop();
    this.#updateJump();
    // A page that does not fill the screen cannot be scrolled, so that nothing else would ask for more.
    if (change !== 'append' && this.#scroller.scrollHeight <= this.#scroller.clientHeight) this.#scrolled();
  }

  /** @param {Draft} draft that changed, or is gone */
  draftChanged(draft) {
    const known = this.#drafts.querySelector(`[data-key="${draft.key}"]`);
    const isHere = this.#client.outbox.drafts.includes(draft) && this.#belongs(draft);
    if (!isHere) known?.remove();
    else if (known === null) this.#drafts.append(this.#renderDraft(draft));
    else known.replaceWith(this.#renderDraft(draft));
    if (this.#isPinned) this.#pin();
  }

  /** The page of history is under way, or there. */
  loading() {
    this.#updateTop();
  }

  /** To the newest message, wherever that is. */
  async toEnd() {
    const { conversation } = this;
    if (conversation === null) return;
    await this.#client.newest(conversation).catch(() => {});
    this.#pin();
    this.#scrolled();
  }

  /** Looks a page up or down. @param {1 | -1} direction */
  page(direction) {
    this.#scroller.scrollBy({ top: direction * this.#scroller.clientHeight * 0.9 });
  }

  #renderAll() {
    this.#rows = [];
    this.#list.replaceChildren();
    this.#append(this.conversation?.entries ?? []);
    this.#updateTop();
  }

  /** @param {Entry[]} entries */
  #append(entries) {
    const fragment = document.createDocumentFragment();
    for (const entry of entries) fragment.append(this.#row(entry, this.#rows.at(-1)?.entry));
    this.#list.append(fragment);
    this.#trimFront();
    if (this.#isPinned) this.#pin();
  }

  /** What is above keeps its distance from what is looked at. @param {Entry[]} entries */
  #prepend(entries) {
    const after = this.#rows;
    const distance = this.#scroller.scrollHeight - this.#scroller.scrollTop;
    this.#rows = [];
    const fragment = document.createDocumentFragment();
    for (const entry of entries) fragment.append(this.#row(entry, this.#rows.at(-1)?.entry));
    this.#list.prepend(fragment);
    const last = this.#rows.at(-1)?.entry;
    this.#rows.push(...after);
    this.#renderAgain(after[0], last);
    this.#scroller.scrollTop = this.#scroller.scrollHeight - distance;
    for (const { element } of this.#rows.splice(WINDOW)) element.remove();
    this.#isPinned = this.#isNearEnd();
  }

  #trimFront() {
    const excess = this.#rows.length - WINDOW;
    if (excess <= 0) return;
    const before = this.#scroller.scrollHeight;
    for (const { element } of this.#rows.splice(0, excess)) element.remove();
    this.#renderAgain(this.#rows[0], undefined);
    if (!this.#isPinned) this.#scroller.scrollTop -= before - this.#scroller.scrollHeight;
  }

  /**
   * What stands before it is another now.
   * @param {Row | undefined} row
   * @param {Entry | undefined} previous
   */
  #renderAgain(row, previous) {
    if (row === undefined) return;
    const element = renderEntry(row.entry, previous, this.#client.name, row.entry === this.#firstUnread);
    row.element.replaceWith(element);
    row.element = element;
  }

  /**
   * @param {Entry} entry
   * @param {Entry | undefined} previous
   */
  #row(entry, previous) {
    const element = renderEntry(entry, previous, this.#client.name, entry === this.#firstUnread);
    this.#rows.push({ entry, element });
    return element;
  }

  #renderDrafts() {
    const drafts = this.#client.outbox.drafts.filter((draft) => this.#belongs(draft));
    this.#drafts.replaceChildren(...drafts.map((draft) => this.#renderDraft(draft)));
  }

  /** @param {Draft} draft */
  #belongs({ request }) {
    return this.conversation?.key === (request.type === 'msg' ? `@${request.to}` : `#${request.room}`);
  }

  /** @param {Draft} draft */
  #renderDraft(draft) {
    const { outbox, keeper, name } = this.#client;
    const item = make('li', { class: `draft ${draft.state}`, 'data-key': draft.key });
    const words = {
      waiting: keeper.state.kind === 'open' ? 'Waiting' : 'Not sent yet',
      sent: 'Sending',
      kept: 'Sent',
      failed: 'Not sent',
    };
    const status = make(
      'p',
      { class: 'status' },
      draft.reason === undefined ? words[draft.state] : printable(draft.reason),
    );
    if (draft.state === 'failed')
      status.append(
        button({ class: 'link' }, ['Send again'], () => outbox.retry(draft)),
        button({ class: 'link' }, ['Discard'], () => outbox.remove(draft)),
      );
    item.append(make('div', { class: 'head' }, nameTag(name)), renderBody(draft.request.body), status);
    return item;
  }

  #updateTop() {
    const { conversation } = this;
    if (conversation === null) return;
    const title = printable(conversation.key);
    const words = conversation.isLoading
      ? 'Loading earlier messages…'
      : conversation.before === null
        ? beginning(conversation, title)
        : '';
    this.#top.textContent = words;
  }

  #updateJump() {
    this.#jump.hidden = this.isAtEnd;
    const unread = this.conversation?.unread ?? 0;
    this.#jump.textContent = unread > 0 ? `${unread} new — go to the latest` : 'Go to the latest';
  }

  #scrolled() {
    this.#isPinned = this.#isNearEnd();
    const { conversation } = this;
    if (conversation !== null && this.#scroller.scrollTop < NEAR_TOP && this.#rows.length > 0)
      this.#client.older(conversation).catch(() => {});
    if (this.isAtEnd) this.#onSeen();
    this.#updateJump();
  }

  #isNearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  #pin() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#isPinned = true;
  }
}

/**
 * @param {Conversation} conversation
 * @param {string} title
 */
function beginning(conversation, title) {
  if (conversation.isRoom && conversation.isFresh) return '';
  if (!conversation.isRoom)
    return `Messages between you and ${title.slice(1)}. They are kept nowhere but on your two screens.`;
  return conversation.entries.length === 0
    ? `Nothing has been said in ${title} yet. Say the first word.`
    : `This is where ${title} begins.`;
}
