/** The page put together: what happens in the client is shown, and what the person does reaches the client. */
import { Client } from './client.js';
import { parseCommand } from './commands.js';
import { Refusal } from './link.js';
import { remembered } from './storage.js';
import { printable } from './text.js';
import { announce, notify } from './view/announcer.js';
import { Composer } from './view/composer.js';
import { find } from './view/dom.js';
import { Drawers } from './view/drawers.js';
import { LogView } from './view/log.js';
import { renderMembers } from './view/members.js';
import { askName, askToken, showHelp } from './view/questions.js';
import { renderSidebar } from './view/sidebar.js';
import { StatusView } from './view/status.js';
import { Switcher } from './view/switcher.js';

/**
 * @typedef {import('./commands.js').Command} Command
 * @typedef {import('./conversation.js').Conversation} Conversation
 * @typedef {import('./types.js').Entry} Entry
 */

/** Ms between two drawings of the lists. */
const DRAW_EVERY = 16;

export class App {
  #client;
  #log;
  #composer;
  #drawers = new Drawers();
  #status;
  #switcher;
  /** @type {Conversation | null} */
  #current = null;
  /** The conversation to open once it is there. */
  #wanted = '';
  #drawing = 0;

  /**
   * @param {string} url of the WebSocket
   * @param {string} wanted a room to enter and show; empty for none
   */
  constructor(url, wanted) {
    const rooms = [...new Set([...remembered.rooms, ...(wanted === '' ? [] : [wanted])])];
    this.#client = new Client(url, rooms);
    this.#client.name = remembered.isKnown ? remembered.name : '';
    this.#client.token = remembered.token;
    this.#wanted = wanted === '' ? '' : `#${wanted}`;
    this.#log = new LogView(this.#client, () => this.#seen());
    this.#composer = new Composer((text) => this.#send(text));
    this.#status = new StatusView(() => this.#tryNow());
    this.#switcher = new Switcher(this.#client, (key) => void this.go(key));
    this.#listen();
  }

  start() {
    if (remembered.isKnown) void this.#client.keeper.run();
    else this.#askName('', true, () => void this.#client.keeper.run());
  }

  get drawers() {
    return this.#drawers;
  }

  get switcher() {
    return this.#switcher;
  }

  get composer() {
    return this.#composer;
  }

  get log() {
    return this.#log;
  }

  get keeper() {
    return this.#client.keeper;
  }

  /** Whether something would be lost if the page were closed. */
  get hasUnsent() {
    return this.#client.outbox.drafts.some(({ state }) => state !== 'kept');
  }

  /** Shows a conversation, which is entered first if need be. @param {string} key */
  async go(key) {
    const known = this.#client.conversations.get(key);
    if (known !== undefined) return this.#show(known);
    if (key.startsWith('@')) return this.#show(this.#client.person(key.slice(1)));
    await this.#try(async () => this.#show(await this.#client.join(key.slice(1))));
  }

  /** @param {1 | -1} step */
  neighbour(step) {
    const all = this.#sorted();
    const at = this.#current === null ? -1 : all.indexOf(this.#current);
    const next = all[(at + step + all.length) % all.length];
    if (next !== undefined) this.#show(next);
  }

  rename() {
    this.#askName('', false, (name) => void this.#rename(name));
  }

  leaveCurrent() {
    if (this.#current !== null) void this.#leave(this.#current.key);
  }

  /** The page is looked at again. */
  visible() {
    if (this.#log.isAtEnd) this.#seen();
  }

  #listen() {
    const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ listener) =>
      this.#client.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
    on('state', () => this.#stateChanged());
    on('self', () => this.#selfChanged());
    on('conversations', () => this.#refresh());
    on('members', () => this.#refresh());
    on('entries', ({ conversation, change, entries }) => this.#entries(conversation, change, entries));
    on('loading', (conversation) => conversation === this.#current && this.#log.loading());
    on('draft', (draft) => this.#log.draftChanged(draft));
    on('notice', notify);
  }

  #stateChanged() {
    const { state } = this.#client.keeper;
    this.#status.show(state);
    for (const draft of this.#client.outbox.drafts) this.#log.draftChanged(draft);
    if (state.kind === 'open') this.#opened();
    if (state.kind !== 'asking') return;
    if (state.what === 'token') askToken(state.words, (token) => this.#answerToken(token));
    else this.#askName(state.words, true, () => this.#client.keeper.wake());
  }

  #opened() {
    this.#composer.limit = this.#client.limits.body;
    const wanted = this.#client.conversations.get(this.#wanted);
    const shown = wanted ?? this.#current ?? this.#client.rooms.at(-1);
    this.#wanted = '';
    if (shown !== undefined && shown !== this.#current) this.#show(shown);
    else if (this.#current !== null) void this.#meet(this.#current);
    this.#refresh();
  }

  #selfChanged() {
    const { name } = this.#client;
    if (name === '') return;
    remembered.name = name;
    find('own-name', HTMLElement).textContent = printable(name);
    this.#refresh();
  }

  /**
   * @param {string} words
   * @param {boolean} isFirst
   * @param {(name: string) => void} onAnswer
   */
  #askName(words, isFirst, onAnswer) {
    const value = this.#client.name || remembered.name;
    askName({ value, words, limit: this.#client.limits.name, isFirst }, (name) => {
      if (isFirst) this.#client.name = name;
      onAnswer(name);
      this.#composer.focus();
    });
  }

  /** @param {string} token */
  #answerToken(token) {
    this.#client.token = token;
    remembered.token = token;
    this.#client.keeper.wake();
  }

  #tryNow() {
    if (this.#client.keeper.state.kind === 'left') void this.#client.keeper.run();
    else this.#client.keeper.wake();
  }

  /** @param {Conversation} conversation */
  #show(conversation) {
    this.#current = conversation;
    this.#drawers.close();
    const title = printable(conversation.key);
    this.#composer.turnTo(
      conversation.key,
      conversation.isRoom ? `Write to ${title}` : `Write to ${title.slice(1)} alone`,
    );
    find('title-sign', HTMLElement).textContent = title.slice(0, 1);
    find('title-name', HTMLElement).textContent = title.slice(1);
    find('leave', HTMLElement).textContent = conversation.isRoom ? 'Leave' : 'Close';
    find('log', HTMLElement).setAttribute('aria-label', `Messages in ${title}`);
    this.#log.show(conversation);
    history.replaceState(
      null,
      '',
      conversation.isRoom ? `#/${encodeURIComponent(conversation.name)}` : location.pathname,
    );
    this.#composer.focus();
    void this.#meet(conversation);
    this.#refresh();
  }

  /** @param {Conversation} conversation */
  async #meet(conversation) {
    if (!conversation.isRoom || this.#client.keeper.state.kind !== 'open') return;
    await this.#client.meet(conversation).catch(() => {});
  }

  /**
   * @param {Conversation} conversation
   * @param {import('./conversation.js').Change} change
   * @param {Entry[]} entries
   */
  #entries(conversation, change, entries) {
    const isCurrent = conversation === this.#current;
    const isSeen = isCurrent && document.visibilityState === 'visible' && this.#log.isAtEnd;
    const news = change === 'prepend' ? [] : entries.filter((entry) => this.#isNews(entry));
    if (!isSeen) conversation.unread += news.length;
    if (isCurrent) this.#log.changed(change, entries);
    if (isCurrent) for (const entry of news) announce(spoken(entry));
    else if (!conversation.isRoom && news.length > 0) announce(`Private message from ${conversation.name}`);
    this.#refresh();
  }

  /** What others say counts as news; who comes and goes does not. @param {Entry} entry */
  #isNews(entry) {
    return (entry.type === 'message' || entry.type === 'private') && entry.sender !== this.#client.name;
  }

  /** The end of the current conversation is in sight. */
  #seen() {
    if (this.#current === null || document.visibilityState !== 'visible' || this.#current.unread === 0)
      return;
    this.#current.unread = 0;
    this.#refresh();
  }

  /** Draws the lists soon and once, however much happened. Not in a frame: a page that nobody looks at gets none, but has a title. */
  #refresh() {
    if (this.#drawing !== 0) return;
    this.#drawing = setTimeout(() => {
      this.#drawing = 0;
      this.#draw();
    }, DRAW_EVERY);
  }

  #draw() {
    const all = this.#sorted();
    const unread = all.reduce((sum, conversation) => sum + conversation.unread, 0);
    const title = this.#current === null ? '' : `${printable(this.#current.key)} · `;
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${title}modnet`;
    const elsewhere = unread - (this.#current?.unread ?? 0);
    find('rooms-toggle-count', HTMLElement).textContent =
      elsewhere > 0 ? (elsewhere > 99 ? '99+' : String(elsewhere)) : '';
    renderSidebar(all, this.#current, (conversation) => this.#show(conversation));
    find('leave', HTMLElement).hidden = this.#current === null;
    renderMembers(this.#current, this.#client.name, (name) => void this.go(`@${name}`));
    const rooms = this.#client.rooms.map(({ name }) => name);
    if (this.#client.keeper.state.kind === 'open') remembered.rooms = rooms;
  }

  #sorted() {
    const people = [...this.#client.conversations.values()].filter(({ isRoom }) => !isRoom);
    return [...this.#client.rooms, ...people];
  }

  /**
   * @param {string} text
   * @returns {string | null} why it was not taken; `null` when it was
   */
  #send(text) {
    const command = parseCommand(text);
    if (command === null) return '';
    if (command.type === 'wrong') return command.words;
    if (command.type === 'say' || command.type === 'me') return this.#say(command);
    return this.#do(command);
  }

  /** @param {{ type: 'say' | 'me', body: string }} command */
  #say({ type, body }) {
    const conversation = this.#current;
    if (conversation === null)
      return this.#client.keeper.state.kind === 'open'
        ? 'You are in no room; join one first.'
        : 'Not connected yet.';
    if (!conversation.isRoom && type === 'me') return '/me works in rooms only.';
    const { name } = conversation;
    const draft = this.#client.outbox.put(
      conversation.isRoom ? { type, room: name, body } : { type: 'msg', to: name, body },
    );
    if (draft === null) return 'Too many messages wait to be sent already.';
    void this.#log.toEnd();
    return null;
  }

  /** @param {Exclude<Command, import('./commands.js').Spoken | import('./commands.js').Wrong>} command */
  #do(command) {
    switch (command.type) {
      case 'help':
        showHelp();
        break;
      case 'rooms':
        this.#switcher.open();
        break;
      case 'quit':
        this.#client.keeper.leave();
        break;
      case 'nick':
        void this.#rename(command.value);
        break;
      case 'join':
        void this.go(`#${command.value}`);
        break;
      case 'leave':
        void this.#leave(command.value === '' ? (this.#current?.key ?? '') : `#${command.value}`);
        break;
      case 'who':
        this.#drawers.toggle('members');
        break;
      case 'history':
        if (this.#current !== null)
          void this.#try(() => this.#client.older(/** @type {Conversation} */ (this.#current)));
        break;
      case 'msg':
        void this.go(`@${command.to}`).then(() => this.#say({ type: 'say', body: command.body }));
    }
    return null;
  }

  /** @param {string} name */
  async #rename(name) {
    if (name === '' || name === this.#client.name) return;
    try {
      await this.#client.rename(name);
    } catch (error) {
      if (!(error instanceof Refusal)) return notify(/** @type {Error} */ (error).message);
      this.#askName(error.message, false, (other) => void this.#rename(other));
    }
  }

  /** @param {string} key */
  async #leave(key) {
    const conversation = this.#client.conversations.get(key);
    if (conversation === undefined) return notify(`You are not in ${key}.`);
    await this.#try(() => this.#client.close(conversation));
    if (this.#client.conversations.has(key) || this.#current !== conversation) return;
    const next = this.#sorted()[0];
    if (next !== undefined) this.#show(next);
    else this.#nowhere();
  }

  #nowhere() {
    this.#current = null;
    this.#log.clear();
    this.#composer.turnTo('', 'Write /join ROOM');
    find('title-sign', HTMLElement).textContent = '';
    find('title-name', HTMLElement).textContent = 'No room';
    history.replaceState(null, '', location.pathname);
    this.#refresh();
  }

  /** @param {() => Promise<unknown>} action */
  async #try(action) {
    try {
      await action();
    } catch (error) {
      notify(/** @type {Error} */ (error).message);
    }
  }
}

/** @param {Entry} entry */
function spoken(entry) {
  if (entry.type !== 'message' && entry.type !== 'private') return '';
  return entry.type === 'message' && entry.kind === 'me'
    ? `${entry.sender} ${entry.body}`
    : `${entry.sender}: ${entry.body}`;
}
