/** TLS over another transport of streams: its addresses are those of the other, under a name of its own. */
import { type Address, inetAddress, toAddress } from '../../core/address.ts';
import type { HalfCloseable } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import type { Descriptors, ListeningSocket } from '../listening-socket.ts';
import { clockOf, connectionOptions, type StreamTransport, type TransportOptions } from '../options.ts';
import { splitOptions } from './address-options.ts';
import { renamed, SecureEndpoints } from './connection.ts';
import { Accepting } from './listener.ts';
import type { TlsConnection, TlsListener, TlsOptions } from './options.ts';
import { adoptAsServer, type HandshakeSettings, shakeAsClient, warn } from './secure.ts';
import { clientSide, type ServerSide, serverSide } from './sides.ts';

export interface TlsTransport extends StreamTransport {
  connect(address: Address | string, options?: TransportOptions): Promise<TlsConnection>;
  listen(address: Address | string, options?: TransportOptions): Promise<TlsListener>;
}

/**
 * TLS over `under`.
 * @param scheme of its addresses with a host and a port, which become those of `under`; other addresses (`memory:name`,
 * `unix:/path`) are taken as they are
 */
export function tlsOver(under: StreamTransport, scheme = 'tls'): TlsTransport {
  const layer = new Layer(under, scheme);
  return {
    scheme,
    connect: (address, options) => layer.connect(address, options),
    listen: (address, options) => layer.listen(address, options),
    ...(under.descriptors === undefined ? {} : { descriptors: layer.descriptors(under.descriptors) }),
  };
}

/** One address on its way down. */
interface Split {
  /** As it was asked for. */
  readonly asked: Address;
  readonly below: Address;
  readonly tls: TlsOptions;
}

class Layer {
  readonly #under: StreamTransport;
  readonly #scheme: string;
  /** Of adopted sockets, by the options and the address that their server works with. */
  readonly #sides = new WeakMap<TransportOptions, Map<string, ServerSide>>();

  constructor(under: StreamTransport, scheme: string) {
    this.#under = under;
    this.#scheme = scheme;
  }

  async connect(address: Address | string, options: TransportOptions = {}): Promise<TlsConnection> {
    const { asked, below, tls } = this.#split(address, options);
    const side = clientSide(tls, options.driver);
    const serverName = tls.serverName ?? (asked.kind === 'inet' ? asked.host : 'localhost');
    const connection = await this.#under.connect(below, without(options)).catch((error: unknown) => {
      throw named(error, below, asked);
    });
    const endpoints = new SecureEndpoints(connection, this.#scheme, asked);
    return shakeAsClient(connection, side, serverName, settingsOf(tls, options), endpoints);
  }

  async listen(address: Address | string, options: TransportOptions = {}): Promise<TlsListener> {
    options.signal?.throwIfAborted();
    const { asked, below, tls } = this.#split(address, options);
    let accepting: Accepting | undefined;
    const onTrouble = (error: Error): void => accepting?.listener.trouble(error);
    const side = serverSide({ tls, driver: options.driver, clock: clockOf(options), onTrouble });
    const under = await this.#under.listen(below, without(options)).catch((error: unknown) => {
      throw named(error, below, asked);
    });
    const settings = settingsOf(tls, { ...options, signal: undefined });
    accepting = new Accepting({ under, address: this.#above(asked, under.address), side, settings });
    return accepting.listener;
  }

  descriptors(under: Descriptors): Descriptors {
    return {
      isLayered: true,
      open: (address, options) => this.#open(under, address, options),
      adopt: (fd, peer, listening, options) => this.#adopt(under, fd, peer, listening, options),
    };
  }

  async #open(under: Descriptors, address: Address, options: TransportOptions): Promise<ListeningSocket> {
    const { asked, below, tls } = this.#split(address, options);
    // Only to find out here what is wrong with the certificates, and not with every connection.
    serverSide({ tls, driver: options.driver, clock: clockOf(options), onTrouble: warn });
    const socket = await under.open(below, without(options));
    const { fd } = socket;
    return { fd, address: this.#above(asked, socket.address), close: () => socket.close() };
  }

  #adopt(
    under: Descriptors,
    fd: number,
    peer: Uint8Array,
    listening: Address,
    options: TransportOptions,
  ): HalfCloseable {
    const { below, tls } = this.#split(listening, options);
    const connection = under.adopt(fd, peer, below, without(options));
    const side = this.#sideOf(listening, tls, options);
    return adoptAsServer(connection, side, settingsOf(tls, options), this.#scheme);
  }

  #sideOf(listening: Address, tls: TlsOptions, options: TransportOptions): ServerSide {
    const known = this.#sides.get(options) ?? new Map<string, ServerSide>();
    this.#sides.set(options, known);
    const key = String(listening);
    const side =
      known.get(key) ?? serverSide({ tls, driver: options.driver, clock: clockOf(options), onTrouble: warn });
    known.set(key, side);
    return side;
  }

  #split(address: Address | string, options: TransportOptions): Split {
    const asked = toAddress(address);
    if (asked.scheme !== this.#scheme && (asked.kind === 'inet' || asked.scheme !== this.#under.scheme))
      throw new NetError(
        'unsupported',
        `${asked} is not an address of ${this.#scheme}; write for example ${this.#scheme}://127.0.0.1:7000`,
      );
    const { tls, others } = splitOptions(asked, options.tls);
    if (asked.kind !== 'inet') return { asked, below: asked, tls };
    const { host, port, path } = asked;
    return { asked, below: inetAddress(this.#under.scheme, host, port, { path, options: others }), tls };
  }

  /** Where the transport beneath listens, with what was asked for. */
  #above(asked: Address, below: Address): Address {
    if (asked.kind !== 'inet' || below.kind !== 'inet') return renamed(below, this.#scheme);
    const { path, options } = asked;
    return inetAddress(this.#scheme, below.host, below.port, { path, options });
  }
}

function settingsOf(tls: TlsOptions, options: TransportOptions): HandshakeSettings {
  return { tls, ...connectionOptions(options), clock: clockOf(options), signal: options.signal };
}

/** In an error of the transport beneath, the address that was asked for. */
function named(error: unknown, below: Address, asked: Address): unknown {
  if (!(error instanceof NetError)) return error;
  const { code, errno, fault, cause = error } = error;
  return new NetError(code, error.message.replace(String(below), String(asked)), { errno, fault, cause });
}

/** What is ours is not for the transport beneath. */
function without(options: TransportOptions): TransportOptions {
  return { ...options, tls: undefined };
}
