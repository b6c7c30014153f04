/** How the chat reaches an exchange: by lines over any transport, or by the messages of its WebSocket. */
import { type Abortable, type Connection, parseAddress, WireConnection } from '../../core/index.ts';
import { connect, ws } from '../../transport/index.ts';
import { LineWire } from './line-wire.ts';

/**
 * @param url `ws://host:port` leads to the exchange's `/ws`
 * @throws NetError as `connect`
 */
export async function dial(url: string, { signal }: Abortable): Promise<Connection> {
  if (!url.startsWith('ws:')) return connect(url, { signal });
  const address = parseAddress(url);
  const path = address.kind === 'inet' && address.path.length > 1 ? '' : '/ws';
  const socket = await ws.messages.connect(`${url.replace(/\/$/, '')}${path}`, { signal });
  const { local, remote } = socket.about;
  const wire = new LineWire((receiver) => socket.attach(receiver));
  return new WireConnection(wire, { local, remote });
}
