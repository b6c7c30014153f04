/**
 * The page's membership in the exchange: connects, comes back after a break, keeps the conversations and the outbox right,
 * and tells what changes. It does not know how anything is shown.
 */
import { Conversation } from './conversation.js';
import { Keeper } from './keeper.js';
import { Lost, Refusal } from './link.js';
import { Outbox } from './outbox.js';

/**
 * @typedef {import('./types.js').Draft} Draft
 * @typedef {import('./types.js').Entry} Entry
 * @typedef {import('./types.js').Limits} Limits
 * @typedef {import('./link.js').Link} Link
 * @typedef {import('./types.js').Message} Message
 * @typedef {import('./types.js').Presence} Presence
 * @typedef {import('./types.js').Private} Private
 * @typedef {import('./types.js').RoomInfo} RoomInfo
 */

/** Messages of a page of history; the exchange may give fewer. */
const PAGE = 50;
/** Conversations with people that are remembered; the one that was silent longest is forgotten. */
const MAX_PEOPLE = 50;
/** Ms until a request that came too fast is tried again, and how often. */
const RATE_PAUSE = 1_000;
const RATE_TRIES = 5;

export class Client extends EventTarget {
  name = '';
  token = '';
  /** @type {Limits} */
  limits = { body: 4096, name: 32, history: 200 };
  /** By key, in the order of entering. @type {Map<string, Conversation>} */
  conversations = new Map();
  outbox;
  keeper;
  /** @type {Link | null} */
  #link = null;
  /** Rooms to enter on the first hello. @type {string[]} */
  #wanted;
  /** Rooms that the hello named and did not lead into. @type {string[]} */
  #missing = [];

  /**
   * @param {string} url of the WebSocket
   * @param {string[]} rooms to enter first
   */
  constructor(url, rooms) {
    super();
    this.#wanted = rooms;
    this.outbox = new Outbox((draft) => this.#emit('draft', draft));
    this.keeper = new Keeper(url, {
      onEvent: (event) => this.#take(event),
      onState: () => this.#emit('state'),
      hello: (link) => this.#hello(link),
      onOpen: (link) => void this.#resume(link).catch(() => {}),
      onLost: () => this.#lost(),
    });
  }

  get rooms() {
    return [...this.conversations.values()].filter(({ isRoom }) => isRoom);
  }

  /**
   * @param {{ type: string, [field: string]: unknown }} request
   * @returns {Promise<any>} the reply
   * @throws Refusal, Lost
   */
  async request(request) {
    for (let tries = 1; ; tries++) {
      if (this.#link === null) throw new Lost('Not connected; this works once the connection is back');
      try {
        return await this.#link.request(request);
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'rate' || tries === RATE_TRIES) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, RATE_PAUSE));
    }
  }

  /**
   * Enters a room.
   * @param {string} room
   * @returns {Promise<Conversation>}
   */
  async join(room) {
    const reply = await this.request({ type: 'join', room });
    const conversation = this.#conversation('#', reply.room);
    if (conversation.isFresh) await this.#catchUp(conversation);
    return conversation;
  }

  /** @param {Conversation} conversation a room, which is left, or a person, which is forgotten */
  async close(conversation) {
    if (conversation.isRoom) await this.request({ type: 'leave', room: conversation.name });
    this.conversations.delete(conversation.key);
    this.#emit('conversations');
  }

  /** @param {string} name */
  async rename(name) {
    const reply = await this.request({ type: 'nick', name });
    this.name = reply.member;
    this.#emit('self');
  }

  /** @returns {Promise<RoomInfo[]>} */
  async list() {
    return (await this.request({ type: 'rooms' })).rooms;
  }

  /** Learns who is in a room. @param {Conversation} conversation */
  async meet(conversation) {
    const reply = await this.request({ type: 'who', room: conversation.name });
    conversation.members = new Map(
      reply.members.map((/** @type {any} */ { member, door }) => [member, door]),
    );
    conversation.total = reply.total;
    this.#emit('members', conversation);
  }

  /** Fetches what is older. @param {Conversation} conversation */
  async older(conversation) {
    if (!conversation.isRoom || conversation.before === null || conversation.isLoading) return;
    conversation.isLoading = true;
    this.#emit('loading', conversation);
    try {
      const page = await this.#page(conversation, conversation.before);
      const entries = conversation.prepend(page.messages, page.before);
      conversation.isLoading = false;
      this.#changed(conversation, 'prepend', entries);
    } finally {
      conversation.isLoading = false;
      this.#emit('loading', conversation);
    }
  }

  /** Goes back to the newest. @param {Conversation} conversation */
  async newest(conversation) {
    if (conversation.atEnd) return;
    conversation.forget();
    await this.#catchUp(conversation);
  }

  /**
   * The conversation with a person, begun if need be.
   * @param {string} name
   */
  person(name) {
    return this.#conversation('@', name);
  }

  /** Shows the token, says the name and the rooms. @param {Link} link */
  async #hello(link) {
    if (this.token !== '') await link.request({ type: 'token', token: this.token });
    for (const conversation of this.rooms) conversation.begin();
    const rooms = this.rooms.length > 0 ? this.rooms.map(({ name }) => name) : this.#wanted;
    const hello = { type: 'hello', ...(this.name === '' ? {} : { name: this.name }) };
    const all = rooms.length === 0 ? hello : { ...hello, rooms };
    const welcome = await link.request(all).catch((error) => {
      // One room that cannot be entered is no reason to stay out of the others.
      if (error instanceof Refusal && ['bad-room', 'limit'].includes(error.code)) return link.request(hello);
      throw error;
    });
    this.#link = link;
    this.#wanted = [];
    this.name = welcome.member;
    this.limits = welcome.limits;
    for (const room of welcome.rooms) this.#conversation('#', room);
    this.#missing = rooms.filter((room) => !welcome.rooms.includes(room));
    this.#emit('self');
  }

  #lost() {
    this.#link = null;
    this.outbox.shut();
  }

  /** After the hello: first what was missed, then what waits to be sent. @param {Link} link */
  async #resume(link) {
    const doubtful = this.outbox.doubtful;
    await this.#enterMissing();
    for (const conversation of this.rooms) {
      const fresh = await this.#catchUp(conversation);
      if (doubtful?.request.type !== 'msg' && doubtful?.request.room === conversation.name)
        this.outbox.settleDoubt(doubtful, fresh);
    }
    if (doubtful?.state === 'sent') this.outbox.giveUp(doubtful);
    if (this.#link === link) this.outbox.open((draft) => this.#deliver(draft));
    for (const conversation of this.rooms) if (conversation.members !== null) await this.meet(conversation);
  }

  /** Enters the rooms into which the hello did not lead; one that cannot be entered is left. */
  async #enterMissing() {
    for (const room of this.#missing) {
      const entered = await this.request({ type: 'join', room }).then(
        (reply) => reply.room,
        (error) => {
          if (!(error instanceof Refusal)) throw error;
          this.#emit('notice', `#${room}: ${error.message}`);
        },
      );
      if (entered !== room && this.conversations.delete(`#${room}`)) this.#emit('conversations');
      if (entered !== undefined) this.#conversation('#', entered);
    }
    this.#missing = [];
  }

  /** @param {Draft} draft */
  async #deliver(draft) {
    draft.sentAs = this.name;
    const link = this.#link;
    if (link === null) throw new Lost('Not connected');
    const reply = await link.request(draft.request);
    // A private message has no id: its own event stands for it.
    if (draft.request.type === 'msg' || this.#hasSeen(draft, reply.message)) this.outbox.remove(draft);
    return reply.message;
  }

  /**
   * @param {Draft} draft
   * @param {number} id
   */
  #hasSeen({ request }, id) {
    if (request.type === 'msg') return false;
    const conversation = this.conversations.get(`#${request.room}`);
    if (conversation === undefined || !conversation.atEnd) return true;
    return conversation.entries.some((entry) => entry.type === 'message' && entry.id === id);
  }

  /**
   * Fetches what was said since the room was last seen.
   * @param {Conversation} conversation
   * @returns {Promise<Entry[]>} what is new
   */
  async #catchUp(conversation) {
    conversation.begin();
    try {
      let { messages, before } = await this.#page(conversation, null);
      while (conversation.needsMore(messages, before)) {
        const page = await this.#page(conversation, before);
        messages = [...page.messages, ...messages];
        before = page.before;
      }
      while (conversation.takeStale()) ({ messages, before } = await this.#page(conversation, null));
      const { change, fresh } = conversation.caughtUp(messages, before);
      this.#changed(conversation, change, fresh);
      return fresh;
    } catch (error) {
      const held = conversation.giveUp();
      this.#changed(conversation, 'append', held);
      if (!(error instanceof Refusal)) throw error;
      this.#emit('notice', error.message);
      return held;
    }
  }

  /**
   * @param {Conversation} conversation
   * @param {number | null} before
   * @returns {Promise<import('./types.js').HistoryPage>}
   */
  #page(conversation, before) {
    const limit = Math.min(PAGE, this.limits.history);
    const cursor = before === null ? {} : { before };
    return this.request({ type: 'history', room: conversation.name, limit, ...cursor });
  }

  /** @param {any} event */
  #take(event) {
    switch (event.type) {
      case 'message':
        return this.#arrived(this.conversations.get(`#${event.room}`), event);
      case 'private':
        return this.#private(event);
      case 'joined':
      case 'left':
      case 'renamed':
        return this.#presence(event);
      case 'missed':
        for (const room of this.rooms) if (room.missed()) this.#catchUp(room).catch(() => {});
        return;
      case 'error':
        return this.#emit('notice', event.message);
    }
  }

  /**
   * @param {Conversation | undefined} conversation
   * @param {Message | Private} entry
   */
  #arrived(conversation, entry) {
    if (conversation === undefined || !conversation.live(entry)) return;
    this.#changed(conversation, 'append', [entry]);
  }

  /** @param {Private} entry */
  #private(entry) {
    const other = entry.sender === this.name ? entry.recipient : entry.sender;
    const conversation = this.person(other);
    // The most recent is the last to be forgotten.
    this.conversations.delete(conversation.key);
    this.conversations.set(conversation.key, conversation);
    this.#arrived(conversation, entry);
  }

  /** @param {Presence} event */
  #presence(event) {
    const { type, room, member, name = '' } = event;
    if (type === 'renamed' && member === this.name) {
      this.name = name;
      this.#emit('self');
    }
    const conversation = this.conversations.get(`#${room}`);
    if (conversation === undefined) return;
    if (conversation.meet(event)) this.#emit('members', conversation);
    // That one has come oneself is no news.
    const isOwn = type === 'joined' && member === this.name;
    if (!isOwn && conversation.live(event)) this.#changed(conversation, 'append', [event]);
  }

  /**
   * @param {Conversation} conversation
   * @param {import('./conversation.js').Change} change
   * @param {Entry[]} entries
   */
  #changed(conversation, change, entries) {
    if (change !== 'prepend') this.#confirm(change === 'reset' ? conversation.entries : entries);
    this.#emit('entries', { conversation, change, entries });
  }

  /** Drafts whose own message is there are done. @param {Entry[]} entries */
  #confirm(entries) {
    for (const draft of this.outbox.drafts.filter(({ state }) => state === 'kept'))
      if (entries.some((entry) => entry.type === 'message' && entry.id === draft.message))
        this.outbox.remove(draft);
  }

  /**
   * @param {'#' | '@'} sign
   * @param {string} name
   */
  #conversation(sign, name) {
    const known = this.conversations.get(sign + name);
    if (known !== undefined) return known;
    const conversation = new Conversation(sign, name);
    this.conversations.set(conversation.key, conversation);
    const people = [...this.conversations.values()].filter(({ isRoom }) => !isRoom);
    if (people.length > MAX_PEOPLE) this.conversations.delete(/** @type {Conversation} */ (people[0]).key);
    this.#emit('conversations');
    return conversation;
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
