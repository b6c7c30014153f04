/**
 * The two sides of TLS on either library: OpenSSL through the kernel driver, or `node:tls`. What is chosen here nobody above need
 * know.
 */
import type { Clock } from '../../core/clock.ts';
import type { HalfCloseable } from '../../core/contract.ts';
import { opensslAvailable } from '../../kernel/index.ts';
import { chooseDriver, type Driver } from '../options.ts';
import { materialKey } from './material.ts';
import { nodeClient, nodeServer } from './node-sides.ts';
import { opensslClient, opensslServer } from './openssl-sides.ts';
import type { TlsOptions } from './options.ts';
import type { SecureWire } from './secure-wire.ts';

export interface ClientSide {
  /** @param peer what errors call it, and what a session is kept for */
  wrap(connection: HalfCloseable, peer: string, serverName: string): SecureWire;
}

export interface ServerSide {
  wrap(connection: HalfCloseable, peer: () => string): SecureWire;
  /** @throws NetError that names the file; what was in use stays in use */
  reload(): void;
}

/** Sets of options of clients whose contexts and sessions are kept, each about 100 KB. */
const MAX_CLIENTS = 32;

const clients = new Map<string, ClientSide>();

/** @throws NetError for options or files that will not do */
export function clientSide(tls: TlsOptions, driver: Driver | undefined): ClientSide {
  const make = usesOpenssl(driver) ? opensslClient : nodeClient;
  const key = `${make.name} ${materialKey(tls)}`;
  const known = clients.get(key) ?? make(tls);
  // The one used last is the last to go.
  clients.delete(key);
  clients.set(key, known);
  for (const oldest of clients.keys()) {
    if (clients.size <= MAX_CLIENTS) break;
    clients.delete(oldest);
  }
  return known;
}

export interface ServerSideOptions {
  readonly tls: TlsOptions;
  readonly driver: Driver | undefined;
  readonly clock: Clock;
  /** Certificates changed, and the new ones will not do. */
  onTrouble(error: Error): void;
}

/** @throws NetError for options or files that will not do */
export function serverSide(options: ServerSideOptions): ServerSide {
  return usesOpenssl(options.driver) ? opensslServer(options) : nodeServer(options);
}

function usesOpenssl(driver: Driver | undefined): boolean {
  return chooseDriver({ driver }) === 'kernel' && opensslAvailable();
}
