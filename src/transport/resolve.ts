/** From the host of an address to the addresses to try. */
import { lookup } from 'node:dns/promises';
import type { InetAddress } from '../core/address.ts';
import { NetError, systemError } from '../core/error.ts';
import { CONNECT_TIMEOUT, clockOf, type TransportOptions } from './options.ts';

/** An address to try. */
export interface Candidate {
  readonly host: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/**
 * The addresses of a host in the order of preference.
 * @param what what the name is resolved for: `Cannot connect to tcp://example.net:80`
 */
export type Resolve = (address: InetAddress, what: string) => Promise<readonly Candidate[]>;

/**
 * Every address of the host in the order of the system's preference (RFC 6724): itself, when it is an address. Asks
 * the system, so that /etc/hosts and the rest of nsswitch.conf count.
 * @param what what the name is resolved for: `Cannot connect to tcp://example.net:80`
 */
export async function resolveHost(address: InetAddress, what: string): Promise<Candidate[]> {
  const { host, family, port } = address;
  if (family !== 0) return [{ host, family, port }];
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' });
    return found.map((entry) => ({ host: entry.address, family: entry.family === 6 ? 6 : 4, port }));
  } catch (error) {
    throw resolveError(error as NodeJS.ErrnoException, host, what);
  }
}

/**
 * The first of them: a listener, or a datagram socket, has one.
 * @throws NetError `timeout` for a name that takes longer than `connectTimeout`; the reason of `signal`
 */
export async function resolveFirst(
  address: InetAddress,
  what: string,
  options: TransportOptions,
): Promise<Candidate> {
  const resolving = resolveHost(address, what);
  const [first] = await (address.family === 0 ? inTime(resolving, address, what, options) : resolving);
  if (first === undefined) throw systemError('ENOTFOUND', what);
  return first;
}

/** getaddrinfo(3) cannot be cancelled: nobody waits for it any longer. */
async function inTime<T>(
  resolving: Promise<T>,
  { host }: InetAddress,
  what: string,
  options: TransportOptions,
): Promise<T> {
  const { signal, connectTimeout = CONNECT_TIMEOUT } = options;
  const { promise: over, reject } = Promise.withResolvers<never>();
  const words = `${what}: the name ${host} was not resolved within ${connectTimeout} ms; try again later or give an IP address`;
  const timer = clockOf(options).after(connectTimeout, () =>
    reject(new NetError('timeout', words, { errno: 'ETIMEDOUT' })),
  );
  const onAbort = (): void => reject(signal!.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([resolving, over]);
  } finally {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  }
}

/** getaddrinfo(3) has errors of its own; those that mean a name server which cannot be asked pass. */
function resolveError(error: NodeJS.ErrnoException, host: string, what: string): NetError {
  if (error.code === 'ENOTFOUND') return systemError('ENOTFOUND', what, { cause: error });
  return new NetError(
    'broken',
    `${what}: the name ${host} cannot be resolved now (${error.code}); try again later`,
    {
      cause: error,
    },
  );
}
