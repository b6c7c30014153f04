/** From the host of an address to the addresses to try. */
import { lookup } from 'node:dns/promises';
import type { InetAddress } from '../core/address.ts';

/** An address to try. */
export interface Candidate {
  readonly host: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/**
 * Every address of the host in the order of the system's preference (RFC 6724): itself, when it is an address. Asks
 * the system, so that /etc/hosts and the rest of nsswitch.conf count.
 */
export async function resolveHost(address: InetAddress): Promise<Candidate[]> {
  const { host, family, port } = address;
  if (family !== 0) return [{ host, family, port }];
  const found = await lookup(host, { all: true, order: 'verbatim' });
  return found.map((entry) => ({ host: entry.address, family: entry.family === 6 ? 6 : 4, port }));
}
