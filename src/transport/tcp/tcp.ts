/** `tcp://host:port`: streams over TCP (RFC 9293), by address or by name. */
import { AcceptQueue } from '../../core/accept-queue.ts';
import { type Address, type InetAddress, inetAddress } from '../../core/address.ts';
import { WireConnection } from '../../core/connection.ts';
import type { HalfCloseable, Listener } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { close } from '../../kernel/index.ts';
import { defaultEngine } from '../../loop/index.ts';
import type { ListeningSocket } from '../listening-socket.ts';
import {
  addressOf,
  chooseDriver,
  clockOf,
  connectionOptions,
  type StreamTransport,
  socketOptions,
  type TransportOptions,
} from '../options.ts';
import { resolveFirst, resolveHost } from '../resolve.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';
import type { TcpDriver } from './driver.ts';
import { raceConnections } from './happy-eyeballs.ts';
import { boundAddress, KernelTcp, openListener } from './kernel-driver.ts';
import { nodeTcp } from './node-driver.ts';

export const tcp: StreamTransport = {
  scheme: 'tcp',
  connect,
  listen,
  descriptors: { open: openListening, adopt },
};

/** By name it uses Happy Eyeballs; in all it takes at most `connectTimeout`. */
async function connect(address: Address | string, options: TransportOptions = {}): Promise<HalfCloseable> {
  const remote = tcpAddress(address);
  const socket = socketOptions(remote, options);
  const driver = driverOf(options);
  const what = `Cannot connect to ${remote}`;
  const { wire, endpoints } = await raceConnections<Opened>({
    what,
    resolve: () => (options.resolve ?? resolveHost)(remote, what),
    connectOne: (candidate, signal) => driver.connect(candidate, remote, socket, signal),
    discard: (late) => late.wire.abort(),
    signal: options.signal,
    clock: clockOf(options),
    timeout: options.connectTimeout,
  });
  return new WireConnection(wire, endpoints, connectionOptions(options));
}

async function listen(
  address: Address | string,
  options: TransportOptions = {},
): Promise<Listener<HalfCloseable>> {
  options.signal?.throwIfAborted();
  const asked = tcpAddress(address);
  const socket = socketOptions(asked, options);
  const settings = connectionOptions(options);
  // Nothing is accepted before this function has gone on: both drivers accept from the loop.
  let queue: AcceptQueue<HalfCloseable> | undefined;
  const events: ListenEvents = {
    onAccept: ({ wire, endpoints }) => queue?.offer(new WireConnection(wire, endpoints, settings)),
    onTrouble: (error) => queue?.trouble(error),
    onClose: (error) => queue?.finish(error),
  };
  const candidate = await resolveFirst(asked, `Cannot listen on ${asked}`, options);
  const listening = await driverOf(options).listen(candidate, asked, socket, events);
  queue = new AcceptQueue(listening.address, listening.acceptor);
  return queue;
}

async function openListening(address: Address, options: TransportOptions): Promise<ListeningSocket> {
  options.signal?.throwIfAborted();
  const asked = tcpAddress(address);
  const socket = socketOptions(asked, options);
  const candidate = await resolveFirst(asked, `Cannot listen on ${asked}`, options);
  const { fd, port } = openListener(candidate, asked, socket);
  return { fd, address: inetAddress('tcp', candidate.host, port), close: () => void close(fd) };
}

function adopt(fd: number, peer: Uint8Array, listening: Address, options: TransportOptions): HalfCloseable {
  const driver = new KernelTcp(options.engine ?? defaultEngine());
  const { wire, endpoints } = driver.adopt(fd, peer, boundAddress(tcpAddress(listening)));
  return new WireConnection(wire, endpoints, connectionOptions(options));
}

function driverOf(options: TransportOptions): TcpDriver {
  if (chooseDriver(options) === 'node') return nodeTcp;
  return new KernelTcp(options.engine ?? defaultEngine());
}

function tcpAddress(address: Address | string): InetAddress {
  const inet = addressOf(address, 'tcp', 'inet', 'tcp://127.0.0.1:7000');
  if (inet.path === '' || inet.path === '/') return inet;
  throw new NetError('unsupported', `Bad address "${inet}": tcp takes no path; leave out "${inet.path}"`);
}
