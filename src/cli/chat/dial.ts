/** How the chat reaches an exchange: by lines over any transport, or by the messages of its WebSocket. */
import {
  type Abortable,
  type Address,
  type Connection,
  inetAddress,
  parseAddress,
  WireConnection,
} from '../../core/index.ts';
import { connect, ws, wss } from '../../transport/index.ts';
import { LineWire } from './line-wire.ts';

/** Where an exchange has its WebSocket. */
const PATH = '/ws';

/**
 * @param url `ws://host:port` and `wss://host:port` lead to the exchange's `/ws`
 * @throws NetError as `connect`
 */
export async function dial(url: string, { signal }: Abortable): Promise<Connection> {
  const transport = [ws, wss].find(({ scheme }) => url.startsWith(`${scheme}:`));
  if (transport === undefined) return connect(url, { signal });
  const socket = await transport.messages.connect(withPath(parseAddress(url)), { signal });
  const { local, remote } = socket.about;
  const wire = new LineWire((receiver) => socket.attach(receiver));
  return new WireConnection(wire, { local, remote });
}

function withPath(address: Address): Address {
  if (address.kind !== 'inet' || address.path.length > 1) return address;
  const { scheme, host, port, options } = address;
  return inetAddress(scheme, host, port, { path: PATH, options });
}
