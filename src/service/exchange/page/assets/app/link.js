/**
 * One WebSocket to the exchange: requests with their replies, events, deadlines. When it is over it stays so; it does not
 * know what comes after it.
 */

/** Ms for a reply; the connection is dead when none comes. */
const REPLY_TIMEOUT = 10_000;
/** Ms between pings, so that a dead connection is noticed and an idle one is not ended. */
const PING_EVERY = 30_000;

/** The exchange said no to one request. */
export class Refusal extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

/** The connection was lost, or could not be had. */
export class Lost extends Error {}

/**
 * @typedef {object} Waiting
 * @property {(reply: any) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {ReturnType<typeof setTimeout>} timer
 */

export class Link {
  #socket;
  #nextId = 1;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();
  #onEvent;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ping;
  #isOver = false;
  /** @type {(reason: Lost) => void} */
  #end = () => {};
  #reason = '';
  /** Settles when it is over. Never rejects. @type {Promise<Lost>} */
  ended;
  /** Settles when it is open, or over. @type {Promise<void>} */
  opened;

  /**
   * @param {string} url
   * @param {(event: any) => void} onEvent what is no reply
   */
  constructor(url, onEvent) {
    this.#onEvent = onEvent;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.opened = new Promise((resolve) => {
      socket.addEventListener('open', () => resolve());
      socket.addEventListener('close', () => resolve());
    });
    socket.addEventListener('message', ({ data }) => this.#take(data));
    socket.addEventListener('close', ({ reason }) => this.#finish(this.#reason || reason));
  }

  /** From now on it is noticed when the peer is gone. Not before the hello, which a ping would stand for. */
  keepAlive() {
    if (!this.#isOver)
      this.#ping = setInterval(() => this.request({ type: 'ping' }).catch(() => {}), PING_EVERY);
  }

  /**
   * @param {{ type: string, [field: string]: unknown }} request
   * @returns {Promise<any>} the reply
   * @throws Refusal, Lost
   */
  request(request) {
    if (this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Lost('Not connected'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.close('It does not answer any more'), REPLY_TIMEOUT);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ ...request, id }));
    });
  }

  /** @param {string} reason */
  close(reason) {
    this.#reason ||= reason;
    this.#socket.close();
    // A peer that is gone never answers the closing handshake.
    this.#finish(reason);
  }

  /** @param {unknown} data */
  #take(data) {
    const message = parse(data);
    if (message === null || this.#isOver) return;
    const waiting = this.#waiting.get(message.id);
    // A message of a room has an id of its own, which names no request.
    if (waiting === undefined || message.type === 'message') return this.#other(message);
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    if (message.type === 'error') waiting.reject(new Refusal(message.code, message.message));
    else waiting.resolve(message);
  }

  /** @param {any} message */
  #other(message) {
    if (message.type === 'bye') this.#reason = `The exchange said: ${message.reason}`;
    this.#onEvent(message);
  }

  /** @param {string} reason */
  #finish(reason) {
    this.#isOver = true;
    clearInterval(this.#ping);
    const lost = new Lost(reason || 'The connection was lost');
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(lost);
    }
    this.#waiting.clear();
    this.#end(lost);
  }
}

/**
 * @param {unknown} data
 * @returns {any}
 */
function parse(data) {
  if (typeof data !== 'string') return null;
  try {
    const message = JSON.parse(data);
    return typeof message === 'object' && message !== null && typeof message.type === 'string'
      ? message
      : null;
  } catch {
    return null;
  }
}
