/** What TCP and Unix sockets on `node:net` have in common: connecting, and accepting with a backlog of our own. */
import type { Server, Socket } from 'node:net';
import type { Acceptor } from '../core/accept-queue.ts';
import type { Address } from '../core/address.ts';
import { NetError, toNetError } from '../core/error.ts';
import { Backlog } from './backlog.ts';
import type { ListenEvents, Opened } from './stream-driver.ts';

/**
 * Waits until `socket` is connected.
 * @param what what is attempted, for the error
 * @param open makes the wire, at once: a moment later Node may have closed the socket
 * @throws NetError, or the reason of `signal`, which destroys the socket
 */
export function connected(
  socket: Socket,
  what: string,
  signal: AbortSignal,
  open: () => Opened,
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const onError = (error: Error): void => reject(toNetError(error, what));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      resolve(open());
    });
  });
}

/** Accepts on a server that listens at `address`; connections beyond `limit` are refused while the acceptor is paused. */
export function acceptOn(
  server: Server,
  address: Address,
  limit: number,
  events: ListenEvents,
  open: (socket: Socket) => Opened,
): Acceptor {
  const backlog = new Backlog<Opened>(limit, (opened) => events.onAccept(opened));
  const refusal = `Refused a connection on ${address}: ${limit} wait to be accepted`;
  server.on('error', (error) => events.onTrouble(toNetError(error, `Cannot accept on ${address}`)));
  server.on('connection', (socket) => {
    const opened = open(socket);
    if (backlog.add(opened)) return;
    opened.wire.abort();
    events.onTrouble(new NetError('limit', refusal));
  });
  return {
    pause: () => backlog.pause(),
    resume: () => backlog.resume(),
    close() {
      server.close();
      for (const opened of backlog.clear()) opened.wire.abort();
    },
  };
}
