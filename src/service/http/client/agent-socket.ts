/** A connection as the socket that HTTP clients on Node's streams expect. */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, type HalfCloseable, toNodeStream } from '../../../core/index.ts';
import { Watch } from './watch.ts';

/**
 * The connection belongs to the socket from now on. What only a TCP socket of Node's can do (`setNoDelay`, `setKeepAlive`,
 * `ref`, `unref`) does nothing: the transport's options say how its sockets are.
 */
export function agentSocket(connection: HalfCloseable, secure: boolean, clock: Clock): Socket {
  const stream = toNodeStream(connection);
  const watch = new Watch(clock);
  stream.once('close', () => watch.stop());
  const self = (): Duplex => stream;
  const { remote } = connection;
  return Object.assign(stream, {
    encrypted: secure,
    authorized: secure,
    remoteAddress: remote.kind === 'inet' ? remote.host : undefined,
    remotePort: remote.kind === 'inet' ? remote.port : undefined,
    setNoDelay: self,
    setKeepAlive: self,
    ref: self,
    unref: self,
    /** Silence is noticed after one to two times `ms`. */
    setTimeout(ms: number, callback?: () => void): Duplex {
      if (callback !== undefined) stream.once('timeout', callback);
      watch.arm(
        ms,
        () => void stream.emit('timeout'),
        () => connection.moved ?? 0,
      );
      return stream;
    },
  }) as unknown as Socket;
}
