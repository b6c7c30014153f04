/** From a connection whose handshake is done to the socket on it. */
import type { Connection } from '../../core/contract.ts';
import { PING_INTERVAL, WebSocketEndpoint } from '../../protocol/websocket/index.ts';
import { clockOf, type TransportOptions } from '../options.ts';
import type { Opened } from './accept.ts';
import { type WebSocketAbout, WebSocketChannel } from './channel.ts';
import { compressionOf, endpointOptions, type WebSocketOptions } from './options.ts';
import { WebSocketWire } from './wire.ts';
import { deflationOf } from './zlib.ts';

type Options = WebSocketOptions & Pick<TransportOptions, 'clock' | 'engine'>;

/**
 * The push level of a WebSocket on a connection; nothing is delivered before `start`.
 * @param mode see `EndpointOptions.mode`
 */
export function openWire(
  connection: Connection,
  role: 'client' | 'server',
  opened: Pick<Opened, 'deflate' | 'unread'>,
  options: Options = {},
  mode: 'messages' | 'bytes' = 'messages',
): WebSocketWire {
  const clock = clockOf(options);
  const deflation = opened.deflate && deflationOf(opened.deflate, role, compressionOf(options));
  const endpoint = new WebSocketEndpoint(
    {
      ...endpointOptions(options),
      role,
      mode,
      deflation,
      pingInterval: options.pingInterval ?? PING_INTERVAL,
    },
    clock.now(),
  );
  return new WebSocketWire(connection, endpoint, clock, opened.unread);
}

/** A channel of messages on a connection whose handshake is done, whoever did it. */
export function openChannel(
  connection: Connection,
  role: 'client' | 'server',
  opened: Omit<Opened, 'target'>,
  options: Options = {},
  about: Partial<WebSocketAbout> = {},
): WebSocketChannel {
  const { local, remote } = connection;
  const { protocol, deflate } = opened;
  const wire = openWire(connection, role, opened, options);
  return new WebSocketChannel(wire, {
    local,
    remote,
    protocol,
    isCompressed: deflate !== undefined,
    ...about,
  });
}
