/** `udp://host:port`: datagrams (RFC 768), bound or connected, and the two forms that look like streams. */
import { AcceptQueue } from '../../core/accept-queue.ts';
import type { Address } from '../../core/address.ts';
import type { HalfCloseable, Listener } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { defaultEngine } from '../../loop/index.ts';
import {
  addressOf,
  chooseDriver,
  clockOf,
  connectionOptions,
  type StreamTransport,
  socketOptions,
  type TransportOptions,
} from '../options.ts';
import { resolveFirst } from '../resolve.ts';
import { openKernelPort } from './kernel-driver.ts';
import { openNodePort } from './node-driver.ts';
import { type PortRequest, type UdpPort, wrong } from './port.ts';
import { SessionWire, UdpSession } from './session.ts';
import { Sessions } from './sessions.ts';
import { type DatagramSocket, UdpSocket } from './socket.ts';

/** Ms without a datagram until a listener's session ends. Precedent: RFC 4787 asks NATs for 2 minutes, Linux's conntrack keeps 30 s; between them. */
export const SESSION_IDLE = 60_000;
/** Sessions of one listener; datagrams of more peers are dropped. */
export const MAX_SESSIONS = 1024;
/** Bytes of the longest datagram that is received whole; no datagram is longer. */
export const MAX_DATAGRAM = 65_536;

export interface UdpOptions extends TransportOptions {
  /** Bytes; longer datagrams are cut off, flagged and counted. Default `MAX_DATAGRAM`. */
  readonly maxDatagram?: number | undefined;
  /** Datagrams that wait for `receive`; default `RECEIVE_QUEUE`. */
  readonly receiveQueue?: number | undefined;
}

/** The datagram level. */
export const udp = { scheme: 'udp', bind, connect } as const;

/** UDP as connections, one for each peer. */
export const udpSessions: StreamTransport = {
  scheme: 'udp',
  connect: connectSession,
  listen: listenSessions,
};

/** An unconnected socket: anybody may send to it, and it may send to anybody. */
async function bind(address: Address | string, options: UdpOptions = {}): Promise<DatagramSocket> {
  return new UdpSocket(await openPort(address, options, false), options.receiveQueue);
}

/** A socket with one peer; a refusal by the peer's system (ICMP) is an error of the next call. */
async function connect(address: Address | string, options: UdpOptions = {}): Promise<DatagramSocket> {
  return new UdpSocket(await openPort(address, options, true), options.receiveQueue);
}

async function connectSession(address: Address | string, options: UdpOptions = {}): Promise<HalfCloseable> {
  const port = await openPort(address, options, true);
  const remote = port.remote!;
  const wire = new SessionWire(
    {
      push: (data) => pushChecked(port, data, undefined),
      overflow: () => port.dropped.overflow++,
      leave: () => void port.close(),
    },
    remote,
    options.sessionIdle,
    clockOf(options),
  );
  port.start({
    onDatagram: (data) => wire.deliver(data),
    onError: (error) => wire.fail(error),
    onDrain: () => wire.drain(),
  });
  return new UdpSession(wire, { local: port.local, remote }, connectionOptions(options));
}

async function listenSessions(
  address: Address | string,
  options: UdpOptions = {},
): Promise<Listener<HalfCloseable>> {
  const port = await openPort(address, options, false);
  const sessions = new Sessions(port, {
    maxSessions: options.maxSessions ?? MAX_SESSIONS,
    idle: options.sessionIdle ?? SESSION_IDLE,
    clock: clockOf(options),
    connection: connectionOptions(options),
    onSession: (session) => queue.offer(session),
    onTrouble: (error) => queue.trouble(error),
  });
  const queue = new AcceptQueue<HalfCloseable>(port.local, sessions);
  return queue;
}

function pushChecked(port: UdpPort, data: Uint8Array, remote: Address | undefined): boolean {
  const error = wrong(port, data, remote);
  if (error !== undefined) throw error;
  return port.push(data, remote);
}

async function openPort(
  address: Address | string,
  options: UdpOptions,
  isConnected: boolean,
): Promise<UdpPort> {
  options.signal?.throwIfAborted();
  const asked = addressOf(address, 'udp', 'inet', 'udp://127.0.0.1:7000');
  if (asked.path !== '' && asked.path !== '/')
    throw new NetError('unsupported', `Bad address "${asked}": udp takes no path; leave out "${asked.path}"`);
  const what = isConnected ? `Cannot connect to ${asked}` : `Cannot listen on ${asked}`;
  const request: PortRequest = {
    asked,
    ...(await resolveFirst(asked, what, options)),
    isConnected,
    socket: socketOptions(asked, options),
    maxDatagram: options.maxDatagram ?? MAX_DATAGRAM,
  };
  if (chooseDriver(options) === 'node') return openNodePort(request);
  return openKernelPort(options.engine ?? defaultEngine(), request);
}
