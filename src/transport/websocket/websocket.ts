/**
 * `ws://host:port/path`: bytes over WebSocket (RFC 6455), and messages for whoever wants them. It is made over a transport of
 * streams and does not know which.
 */
import { type Address, type AddressOptions, type InetAddress, inetAddress } from '../../core/address.ts';
import { WireConnection } from '../../core/connection.ts';
import type { HalfCloseable, Listener, Resource, Transport } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import { SOCKET_OPTION_NAMES } from '../../kernel/index.ts';
import { addressOf, connectionOptions, type StreamTransport } from '../options.ts';
import { acceptHandshake, type Opened } from './accept.ts';
import { WebSocketByteWire } from './byte-wire.ts';
import type { WebSocketChannel } from './channel.ts';
import { connectHandshake } from './connect.ts';
import { listenOver } from './listener.ts';
import { openChannel, openWire } from './open.ts';
import type { WebSocketConnectOptions, WebSocketListenOptions } from './options.ts';

/** Connections of bytes by itself; `messages` has the channels of messages. */
export interface WebSocketTransport extends StreamTransport {
  readonly messages: WebSocketMessages;
}

export interface WebSocketMessages extends Transport<WebSocketChannel> {
  connect(address: Address | string, options?: WebSocketConnectOptions): Promise<WebSocketChannel>;
  listen(address: Address | string, options?: WebSocketListenOptions): Promise<Listener<WebSocketChannel>>;
}

/** Of the schemes: with one of these the port is left out of Host (RFC 6455 section 3). */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 };

/**
 * @param scheme `ws` over TCP, `wss` over TLS
 * @param below options of the address that `under` takes, beside those of sockets
 */
export function websocketOver(
  under: StreamTransport,
  scheme: string,
  below: readonly string[] = [],
): WebSocketTransport {
  const over = new Over(under, scheme, below);
  return {
    scheme,
    connect: (address, options = {}) => over.connect(address, options, bytesOn('client')),
    listen: (address, options = {}) => over.listen(address, options, bytesOn('server')),
    messages: {
      scheme,
      connect: (address, options = {}) => over.connect(address, options, messagesOn('client')),
      listen: (address, options = {}) => over.listen(address, options, messagesOn('server')),
    },
  };
}

interface Ends {
  readonly local: Address;
  readonly remote: Address;
}

/** Makes of a connection whose handshake is done what is given out. */
type Wrap<C> = (connection: HalfCloseable, opened: Opened, ends: Ends, options: WebSocketConnectOptions) => C;

function messagesOn(role: 'client' | 'server'): Wrap<WebSocketChannel> {
  return (connection, opened, ends, options) => openChannel(connection, role, opened, options, ends);
}

function bytesOn(role: 'client' | 'server'): Wrap<HalfCloseable> {
  return (connection, opened, ends, options) => {
    const socket = openWire(connection, role, opened, options, 'bytes');
    return new WireConnection(
      new WebSocketByteWire(socket, `${ends.remote}`),
      ends,
      connectionOptions(options),
    );
  };
}

class Over {
  readonly #under: StreamTransport;
  readonly #scheme: string;
  readonly #below: ReadonlySet<string>;

  constructor(under: StreamTransport, scheme: string, below: readonly string[]) {
    this.#under = under;
    this.#scheme = scheme;
    this.#below = new Set([...SOCKET_OPTION_NAMES.map((name) => name.toLowerCase()), ...below]);
  }

  async connect<C>(address: Address | string, options: WebSocketConnectOptions, wrap: Wrap<C>): Promise<C> {
    const remote = addressOf(address, this.#scheme, 'inet', this.#example);
    const { below, query } = this.#split(remote);
    try {
      const connection = await this.#under.connect(below, options);
      const local = this.#above(connection.local, '');
      const opened = await connectHandshake(
        connection,
        this.#hostOf(remote),
        (remote.path || '/') + query,
        options,
      );
      return wrap(connection, opened, { local, remote }, options);
    } catch (error) {
      if (options.signal?.aborted && error === options.signal.reason) throw error;
      throw named(error, `Cannot connect to ${remote}`, below, remote);
    }
  }

  async listen<C extends Resource>(
    address: Address | string,
    options: WebSocketListenOptions,
    wrap: Wrap<C>,
  ): Promise<Listener<C>> {
    const asked = addressOf(address, this.#scheme, 'inet', this.#example);
    const { below, query } = this.#split(asked);
    if (query !== '')
      throw new NetError('unsupported', `Bad address "${asked}": ${query} is no option of a listener`);
    const under = await this.#under.listen(below, options).catch((error: unknown) => {
      throw named(error, `Cannot listen on ${asked}`, below, asked);
    });
    const bound = this.#above(under.address, asked.path, asked.options);
    return listenOver(under, {
      address: bound,
      maxHandshakes: options.maxHandshakes,
      shake: async (connection) => {
        const opened = await acceptHandshake(connection, asked.path, options);
        const remote = this.#above(connection.remote, '');
        return wrap(
          connection,
          opened,
          { local: this.#above(connection.local, asked.path), remote },
          options,
        );
      },
    });
  }

  /** Options of the socket belong to what is below; all others are the query that the server is asked with. */
  #split(address: InetAddress): { below: InetAddress; query: string } {
    const options: Record<string, string> = {};
    const asked: string[] = [];
    for (const [name, value] of Object.entries(address.options)) {
      if (this.#below.has(name)) options[name] = value;
      else asked.push(value === '' ? name : `${name}=${encodeURIComponent(value)}`);
    }
    return {
      below: inetAddress(this.#under.scheme, address.host, address.port, { options }),
      query: asked.length === 0 ? '' : `?${asked.join('&')}`,
    };
  }

  /** The same place as an address of ours. */
  #above(address: Address, path: string, options?: AddressOptions): Address {
    if (address.kind !== 'inet') return address;
    return inetAddress(
      this.#scheme,
      address.host,
      address.port,
      options === undefined ? { path } : { path, options },
    );
  }

  /** For the field Host: a scope means nothing to the peer. */
  #hostOf({ family, host, port }: InetAddress): string {
    const name = family === 6 ? `[${host.replace(/%.*$/, '')}]` : host;
    return port === DEFAULT_PORTS[this.#scheme] ? name : `${name}:${port}`;
  }

  get #example(): string {
    return `${this.#scheme}://127.0.0.1:7000/path`;
  }
}

/** What failed below, told of the address that was asked for. */
function named(error: unknown, what: string, below: Address, address: Address): NetError {
  const { code, message, errno, fault } = toNetError(error, what);
  const words = message.replace(String(below), String(address));
  return new NetError(code, words.startsWith(what) ? words : `${what}: ${words}`, {
    cause: error,
    errno,
    fault,
  });
}
