/**
 * Sockets that have something to write. They are flushed together when the code that runs has come to its end: in a loop of ours
 * that is after all sockets that were ready, so that what several of them caused leaves each socket in one piece.
 */

export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/** Flushes `socket` in a microtask. Whoever asks makes sure to ask once. */
export function flushSoon(socket: Flushable): void {
  if (waiting.push(socket) === 1) queueMicrotask(flushAll);
}

function flushAll(): void {
  const sockets = waiting;
  waiting = [];
  for (const socket of sockets) socket.flush();
}
