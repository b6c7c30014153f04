/** Every transport, behind two functions: the scheme of the address chooses. */
import { type Address, toAddress } from '../core/address.ts';
import type { HalfCloseable, Listener } from '../core/contract.ts';
import { NetError } from '../core/error.ts';
import { exec } from './exec/index.ts';
import type { Descriptors } from './listening-socket.ts';
import { memory } from './memory/index.ts';
import { type ConnectOnly, chooseDriver, type StreamTransport, type TransportOptions } from './options.ts';
import { stdio } from './stdio/index.ts';
import { tcp } from './tcp/index.ts';
import { udp, udpSessions } from './udp/index.ts';
import { unix } from './unix/index.ts';

export type { Descriptors, ListeningSocket } from './listening-socket.ts';
export {
  CONNECT_TIMEOUT,
  type ConnectOnly,
  chooseDriver,
  type Driver,
  type StreamTransport,
  type TransportOptions,
} from './options.ts';
export type { DatagramReceiver, DatagramSender, DatagramSocket, ReceivedDatagram } from './udp/index.ts';
export { exec, memory, stdio, tcp, udp, unix };

const TRANSPORTS: readonly (StreamTransport | ConnectOnly)[] = [tcp, unix, udpSessions, memory, stdio, exec];

/**
 * Connects to the address over the transport that its scheme names.
 * @throws NetError `unsupported` for a scheme without a transport.
 */
export async function connect(
  address: Address | string,
  options: TransportOptions = {},
): Promise<HalfCloseable> {
  const parsed = toAddress(address);
  return transportOf(parsed).connect(parsed, options);
}

/**
 * Listens on the address over the transport that its scheme names.
 * @throws NetError `unsupported` for a scheme without a transport, or one that only connects.
 */
export async function listen(
  address: Address | string,
  options: TransportOptions = {},
): Promise<Listener<HalfCloseable>> {
  const parsed = toAddress(address);
  const transport = transportOf(parsed);
  if ('listen' in transport) return transport.listen(parsed, options);
  const others = schemes(TRANSPORTS.filter((other) => 'listen' in other));
  throw new NetError(
    'unsupported',
    `Cannot listen on ${parsed}: ${parsed.scheme} only connects; listening goes on ${others}`,
  );
}

/**
 * How the scheme's sockets are handed to other threads and processes.
 * @throws NetError `unsupported` for a scheme without sockets of its own, or without the kernel driver.
 */
export function descriptorsOf(address: Address, options: TransportOptions = {}): Descriptors {
  const transport = transportOf(address);
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

function transportOf(address: Address): StreamTransport | ConnectOnly {
  const transport = TRANSPORTS.find(({ scheme }) => scheme === address.scheme);
  if (transport !== undefined) return transport;
  throw new NetError(
    'unsupported',
    `Bad address "${address}": no transport is named "${address.scheme}"; there are ${schemes(TRANSPORTS)}`,
  );
}

function schemes(transports: readonly { scheme: string }[]): string {
  return transports.map(({ scheme }) => scheme).join(', ');
}
