/** Every transport, behind two functions: the scheme of the address chooses. */
import { type Address, parseAddress, schemeOf } from '../core/address.ts';
import type { HalfCloseable, Listener } from '../core/contract.ts';
import { NetError } from '../core/error.ts';
import { exec } from './exec/index.ts';
import type { Descriptors } from './listening-socket.ts';
import { memory } from './memory/index.ts';
import { type ConnectOnly, chooseDriver, type StreamTransport, type TransportOptions } from './options.ts';
import { stdio } from './stdio/index.ts';
import { tcp } from './tcp/index.ts';
import { TLS_OPTION_NAMES, type TlsTransport, tlsOver } from './tls/index.ts';
import { udp, udpSessions } from './udp/index.ts';
import { unix } from './unix/index.ts';
import { type WebSocketTransport, websocketOver } from './websocket/index.ts';

export type { Descriptors, ListeningSocket } from './listening-socket.ts';
export {
  CONNECT_TIMEOUT,
  type ConnectOnly,
  chooseDriver,
  type Driver,
  type StreamTransport,
  type TransportOptions,
} from './options.ts';
export { type Candidate, type Resolve, resolveHost } from './resolve.ts';
export type { DatagramReceiver, DatagramSender, DatagramSocket, ReceivedDatagram } from './udp/index.ts';
export { exec, memory, stdio, tcp, udp, unix };

/** WebSocket over TCP: connections of bytes, and channels of messages in `ws.messages`. */
export const ws: WebSocketTransport = websocketOver(tcp, 'ws');

/** TLS over TCP. */
export const tls: TlsTransport = tlsOver(tcp);

/** WebSocket over TLS. */
export const wss: WebSocketTransport = websocketOver(tls, 'wss', TLS_OPTION_NAMES);

const TRANSPORTS: readonly (StreamTransport | ConnectOnly)[] = [
  tcp,
  unix,
  udpSessions,
  memory,
  tls,
  ws,
  wss,
  stdio,
  exec,
];

/**
 * Connects to the address over the transport that its scheme names.
 * @throws NetError `unsupported` for a scheme without a transport.
 */
export async function connect(
  address: Address | string,
  options: TransportOptions = {},
): Promise<HalfCloseable> {
  const parsed = typeof address === 'string' ? parseEndpoint(address) : address;
  return transportOf(parsed.scheme, parsed).connect(parsed, options);
}

/**
 * Listens on the address over the transport that its scheme names.
 * @throws NetError `unsupported` for a scheme without a transport, or one that only connects.
 */
export async function listen(
  address: Address | string,
  options: TransportOptions = {},
): Promise<Listener<HalfCloseable>> {
  const parsed = typeof address === 'string' ? parseEndpoint(address, 'listen') : address;
  return listeningTransport(parsed.scheme, parsed).listen(parsed, options);
}

/**
 * Reads the address of something that there is a transport for, as `connect` and `listen` do.
 * @param use what it is wanted for
 * @throws NetError as `parseAddress`; `unsupported` for a scheme without a transport, or one that only connects
 */
export function parseEndpoint(text: string, use: 'connect' | 'listen' = 'connect'): Address {
  const scheme = schemeOf(text);
  // First: of a scheme that nobody knows, nobody can say what else is wrong.
  if (scheme !== undefined) (use === 'listen' ? listeningTransport : transportOf)(scheme, text.slice(0, 100));
  return parseAddress(text);
}

/**
 * How the scheme's sockets are handed to other threads and processes.
 * @throws NetError `unsupported` for a scheme without sockets of its own, or without the kernel driver.
 */
export function descriptorsOf(address: Address, options: TransportOptions = {}): Descriptors {
  const transport = transportOf(address.scheme, address);
  const able = TRANSPORTS.filter((other) => 'descriptors' in other);
  if (!('descriptors' in transport) || transport.descriptors === undefined)
    throw new NetError(
      'unsupported',
      `${address} has no socket that can be handed on; ${schemes(able)} have`,
    );
  if (chooseDriver(options) === 'kernel') return transport.descriptors;
  throw new NetError(
    'unsupported',
    `Sockets of ${address} can be handed on by the kernel driver only, which is Linux's`,
  );
}

function transportOf(scheme: string, address: Address | string): StreamTransport | ConnectOnly {
  const transport = TRANSPORTS.find((other) => other.scheme === scheme);
  if (transport !== undefined) return transport;
  throw new NetError(
    'unsupported',
    `Bad address "${address}": no transport is named "${scheme}"; there are ${schemes(TRANSPORTS)}`,
  );
}

function listeningTransport(scheme: string, address: Address | string): StreamTransport {
  const transport = transportOf(scheme, address);
  if ('listen' in transport) return transport;
  const others = schemes(TRANSPORTS.filter((other) => 'listen' in other));
  throw new NetError(
    'unsupported',
    `Cannot listen on "${address}": ${scheme} only connects; listening goes on ${others}`,
  );
}

function schemes(transports: readonly { scheme: string }[]): string {
  return transports.map(({ scheme }) => scheme).join(', ');
}
