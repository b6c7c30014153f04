/**
 * Sockets that have something to write. They are flushed together when the code that runs has come to its end: in a loop of ours
 * that is after all sockets that were ready, so that what several of them caused leaves each socket in one piece.
 */

export interface Flushable {
  flush(): void;
}

/**
 * Microtasks without a message after which nobody is about to send more: whoever receives and sends in a loop of `await` needs three
 * from one message to the next. A few of them cost less than one system call.
 */
const QUIET = 4;

let waiting: Flushable[] = [];
let pushes = 0;
let seen = 0;
let quiet = 0;

/** Flushes `socket` in a microtask. Whoever asks makes sure to ask once. */
export function flushSoon(socket: Flushable): void {
  if (waiting.push(socket) === 1) queueMicrotask(flushWhenQuiet);
}

/** Tells that a message was pushed. */
export function notePush(): void {
  pushes++;
}

function flushWhenQuiet(): void {
  quiet = pushes === seen ? quiet + 1 : 0;
  seen = pushes;
  if (quiet < QUIET) {
    queueMicrotask(flushWhenQuiet);
    return;
  }
  quiet = 0;
  const sockets = waiting;
  waiting = [];
  for (const socket of sockets) socket.flush();
}
