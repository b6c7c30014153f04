/**
 * UDP on `node:dgram`. A datagram that the system cannot buffer (ENOBUFS) is tried again by libuv without end, and nothing behind
 * it leaves; the kernel driver drops and counts it.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { type Address, type InetAddress, inetAddress, withPort } from '../../core/address.ts';
import type { Bytes } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import type { SocketOptionName, SocketOptions } from '../../kernel/index.ts';
import { type DatagramCounts, SEND_QUEUE } from '../../loop/index.ts';
import { listenError } from '../listen-error.ts';
import { checkNodeOptions } from '../node-options.ts';
import type { DatagramReceiver, PortRequest, UdpPort } from './port.ts';

/** Datagrams from which `push` asks to wait. */
const SEND_HIGH = 64;
/** Peers whose address is remembered as an object. */
const MAX_REMOTES = 1024;

const KNOWN: readonly SocketOptionName[] = [
  'reuseAddress',
  'reusePort',
  'ipv6Only',
  'receiveBuffer',
  'sendBuffer',
  'ttl',
  'multicastTtl',
  'multicastLoop',
  'multicastInterface',
  'broadcast',
];

/** @throws NetError */
export async function openNodePort(request: PortRequest): Promise<UdpPort> {
  const { asked, host, socket: options } = request;
  checkNodeOptions(options, KNOWN, asked);
  const socket = createSocket({
    type: request.family === 6 ? 'udp6' : 'udp4',
    reuseAddr: options.reuseAddress ?? false,
    reusePort: options.reusePort ?? false,
    ipv6Only: options.ipv6Only ?? false,
    ...(options.receiveBuffer === undefined ? {} : { recvBufferSize: options.receiveBuffer }),
    ...(options.sendBuffer === undefined ? {} : { sendBufferSize: options.sendBuffer }),
    // What comes in here is an address already; Node would resolve it for every datagram.
    lookup: (name, _options, done) => done(null, name, request.family),
  });
  try {
    if (request.isConnected) await settled(socket, (done) => socket.connect(asked.port, host, done));
    else
      await settled(socket, (done) =>
        socket.bind({ address: host, port: asked.port, exclusive: true }, done),
      );
    setOptions(socket, options, request.family);
  } catch (error) {
    socket.close();
    if (!request.isConnected) throw listenError((error as NodeJS.ErrnoException).code ?? 'EIO', asked, error);
    throw toNetError(error, `Cannot connect to ${asked}`);
  }
  return new NodePort(socket, request);
}

/** Node tells a failed bind by an event and a failed connect by its callback. */
function settled(socket: Socket, call: (done: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    call((error) => {
      socket.removeListener('error', reject);
      if (error instanceof Error) reject(error);
      else resolve();
    });
  });
}

function setOptions(socket: Socket, options: SocketOptions, family: 4 | 6): void {
  if (options.ttl !== undefined) socket.setTTL(options.ttl);
  if (options.multicastTtl !== undefined) socket.setMulticastTTL(options.multicastTtl);
  if (options.multicastLoop !== undefined) socket.setMulticastLoopback(options.multicastLoop);
  if (options.multicastInterface !== undefined)
    socket.setMulticastInterface(interfaceOf(options.multicastInterface, family)!);
  if (options.broadcast !== undefined) socket.setBroadcast(options.broadcast);
}

/** Node names an interface by its address for IPv4 and by its scope for IPv6. */
function interfaceOf(name: string | undefined, family: 4 | 6): string | undefined {
  if (name === undefined) return undefined;
  if (family === 6) return `::%${name}`;
  const address = networkInterfaces()[name]?.find((entry) => entry.family === 'IPv4')?.address;
  if (address !== undefined) return address;
  throw new NetError(
    'refused',
    `No network interface with an IPv4 address is named ${JSON.stringify(name)}`,
    {
      errno: 'ENODEV',
    },
  );
}

class NodePort implements UdpPort {
  readonly local: InetAddress;
  readonly remote: InetAddress | undefined;
  readonly dropped: DatagramCounts = { truncated: 0, refused: 0, overflow: 0, unsent: 0 };
  readonly #socket: Socket;
  readonly #request: PortRequest;
  readonly #remotes = new Map<string, InetAddress>();
  #receiver: Omit<DatagramReceiver, 'onClose'> | undefined;
  #pending = 0;
  #drainWanted = false;
  #onIdle: (() => void) | undefined;
  #closed = false;

  constructor(socket: Socket, request: PortRequest) {
    this.#socket = socket;
    this.#request = request;
    const { address, port } = socket.address();
    this.local = request.isConnected
      ? inetAddress('udp', plain(address), port)
      : withPort(request.asked, port);
    this.remote = request.isConnected ? inetAddress('udp', request.host, request.asked.port) : undefined;
    socket.on('error', (error) => this.#fail(error));
  }

  start(receiver: Omit<DatagramReceiver, 'onClose'>): void {
    const first = this.#receiver === undefined;
    this.#receiver = receiver;
    if (first) this.#socket.on('message', (data, from) => this.#onMessage(data, from));
  }

  push(data: Bytes, remote?: Address): boolean {
    if (this.#closed) return false;
    if (this.#pending >= SEND_QUEUE) {
      this.dropped.unsent++;
      return false;
    }
    this.#pending++;
    const done = (error: Error | null): void => this.#onSent(error);
    if (this.remote !== undefined) this.#socket.send(data, done);
    else {
      const { host, port } = this.#destination(remote!);
      this.#socket.send(data, port, host, done);
    }
    if (this.#pending < SEND_HIGH) return true;
    this.#drainWanted = true;
    return false;
  }

  join(group: string, on?: string): void {
    this.#attempt(`join the group ${group}`, () =>
      this.#socket.addMembership(group, interfaceOf(on, this.#request.family)),
    );
  }

  leave(group: string, on?: string): void {
    this.#attempt(`leave the group ${group}`, () =>
      this.#socket.dropMembership(group, interfaceOf(on, this.#request.family)),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.removeAllListeners('message');
    // Node sends from a later tick; closing now would lose what was just pushed.
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }

  #onMessage(data: Buffer, from: RemoteInfo): void {
    const limit = this.#request.maxDatagram;
    const truncated = data.length > limit;
    if (truncated) this.dropped.truncated++;
    this.#receiver!.onDatagram(
      truncated ? data.subarray(0, limit) : data,
      this.remote ?? this.#remote(from),
      truncated,
    );
  }

  #remote(from: RemoteInfo): InetAddress {
    const key = `${from.address} ${from.port}`;
    const known = this.#remotes.get(key);
    if (known !== undefined) return known;
    if (this.#remotes.size >= MAX_REMOTES) this.#remotes.delete(this.#remotes.keys().next().value!);
    const remote = inetAddress('udp', plain(from.address), from.port);
    this.#remotes.set(key, remote);
    return remote;
  }

  #destination(remote: Address): { host: string; port: number } {
    if (remote.kind !== 'inet' || remote.family === 0) {
      this.#pending--;
      throw new NetError(
        'unsupported',
        `Cannot send to ${remote}: datagrams go to IP addresses; resolve the name first`,
      );
    }
    // An IPv6 socket reaches IPv4 by mapped addresses (RFC 4291 section 2.5.5.2).
    const mapped = this.#request.family === 6 && remote.family === 4;
    return { host: mapped ? `::ffff:${remote.host}` : remote.host, port: remote.port };
  }

  #onSent(error: Error | null): void {
    this.#pending--;
    if (error !== null) this.#fail(error, true);
    if (this.#pending > 0) return;
    this.#onIdle?.();
    if (!this.#drainWanted) return;
    this.#drainWanted = false;
    this.#receiver?.onDrain?.();
  }

  #fail(error: Error, sending = false): void {
    const what = `Cannot ${sending ? 'send on' : 'receive on'} ${this.remote ?? this.local}`;
    const failure = toNetError(error, what);
    if (failure.errno === 'ECONNREFUSED') this.dropped.refused++;
    else if (sending) this.dropped.unsent++;
    this.#receiver?.onError(failure);
  }

  #attempt(what: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      throw toNetError(error, `Cannot ${what} on ${this.local}`);
    }
  }
}

/** IPv4 that reached a dual-stack socket is shown as IPv4. */
function plain(host: string): string {
  return host.replace(/^::ffff:(?=[\d.]+$)/, '');
}
