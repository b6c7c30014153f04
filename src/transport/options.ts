/** What every transport takes, and which driver it runs on. */
import { type Address, toAddress } from '../core/address.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { ConnectionOptions } from '../core/connection.ts';
import type { Abortable, HalfCloseable, Listener, Transport } from '../core/contract.ts';
import { NetError } from '../core/error.ts';
import { kernelAvailable, parseSocketOptions, type SocketOptions } from '../kernel/index.ts';
import type { Engine } from '../loop/index.ts';
import type { Descriptors } from './listening-socket.ts';
import type { Resolve } from './resolve.ts';
import type { TlsOptions } from './tls/options.ts';

/** `kernel`: system calls on our own epoll descriptor, Linux. `node`: `node:net` and `node:dgram`, everywhere. */
export type Driver = 'kernel' | 'node';

/**
 * How long connecting may take in all, in ms, with the resolution of the name and every address tried. Precedent: Go's
 * examples and most clients of databases take 10 s; a system left alone takes two minutes (tcp(7), tcp_syn_retries).
 */
export const CONNECT_TIMEOUT = 10_000;

export interface TransportOptions extends Abortable {
  /** Default: `MODNET_DRIVER`, else the kernel where it can be had, else Node. */
  readonly driver?: Driver | undefined;
  /** Default: the engine hosted on Node's loop of this thread. The kernel driver's only. */
  readonly engine?: Engine | undefined;
  readonly clock?: Clock | undefined;
  /** Merged over the options in the address's query. */
  readonly socket?: SocketOptions | undefined;
  /** Milliseconds; default `CONNECT_TIMEOUT`. Also for the name of a listener or a datagram socket to be resolved. */
  readonly connectTimeout?: number | undefined;
  /** From names to addresses when connecting over TCP; default `resolveHost`, which asks the system. */
  readonly resolve?: Resolve | undefined;
  /** Milliseconds; default `CLOSE_GRACE`. */
  readonly closeGrace?: number | undefined;
  /**
   * UDP as connections: ms without a datagram either way until one ends. Default 60,000 for those of a listener;
   * one that was connected stays.
   */
  readonly sessionIdle?: number | undefined;
  /** UDP as connections: of one listener; default 1024. Datagrams of more peers are dropped. */
  readonly maxSessions?: number | undefined;
  /** Of tls, https and wss; merged over the options in the address's query. */
  readonly tls?: TlsOptions | undefined;
}

/** A transport of streams. Addresses may be given as text, and its options ride along. */
export interface StreamTransport extends Transport<HalfCloseable> {
  connect(address: Address | string, options?: TransportOptions): Promise<HalfCloseable>;
  listen(address: Address | string, options?: TransportOptions): Promise<Listener<HalfCloseable>>;
  /** Of a transport whose sockets can be handed to other threads and processes; the kernel driver's. */
  readonly descriptors?: Descriptors;
}

/** A transport that only ever goes out. */
export type ConnectOnly = Omit<StreamTransport, 'listen'>;

/**
 * The options of the address's query, with those of `options.socket` over them.
 * @throws NetError that names the address, and the option that is wrong.
 */
export function socketOptions(address: Address, options: TransportOptions): SocketOptions {
  try {
    return { ...parseSocketOptions(address.options), ...options.socket };
  } catch (error) {
    if (!(error instanceof NetError)) throw error;
    throw new NetError(error.code, `Bad address "${address}": ${error.message}`, { cause: error });
  }
}

/** Time stands where the engine's does, unless a clock was given. */
export function clockOf(options: TransportOptions): Clock {
  return options.clock ?? options.engine?.clock ?? systemClock;
}

/** Those that concern each connection. */
export function connectionOptions(options: TransportOptions): ConnectionOptions {
  return { closeGrace: options.closeGrace, clock: clockOf(options) };
}

/** The address, which must be one of `scheme`. */
export function addressOf<Kind extends Address['kind']>(
  address: Address | string,
  scheme: string,
  kind: Kind,
  example: string,
): Extract<Address, { kind: Kind }> {
  const parsed = toAddress(address);
  if (parsed.scheme === scheme && parsed.kind === kind) return parsed as Extract<Address, { kind: Kind }>;
  throw new NetError('unsupported', `${parsed} is not an address of ${scheme}; write for example ${example}`);
}

/**
 * The driver to use.
 * @throws NetError `unsupported` for a driver that does not exist or cannot be had here.
 */
export function chooseDriver(options: TransportOptions = {}): Driver {
  const asked = options.driver ?? named(process.env.MODNET_DRIVER);
  if (asked === undefined) return kernelAvailable() ? 'kernel' : 'node';
  if (asked !== 'kernel' && asked !== 'node') throw unknown(`The driver "${asked}"`);
  if (asked === 'kernel' && !kernelAvailable()) {
    throw new NetError(
      'unsupported',
      'The kernel driver needs Linux on x64 or arm64 and the package koffi; use the driver "node"',
    );
  }
  return asked;
}

function named(value: string | undefined): Driver | undefined {
  if (value === undefined || value === '') return undefined;
  if (value === 'kernel' || value === 'node') return value;
  throw unknown(`MODNET_DRIVER is "${value}", which`);
}

function unknown(what: string): NetError {
  return new NetError('unsupported', `${what} is not a driver; there are "kernel" and "node"`);
}
