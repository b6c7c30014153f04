/** The certificate of an `https:` door that was given none: from an authority of the exchange's own, in its data. */
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { type Address, NetError } from '../../../core/index.ts';
import type { TlsIdentity } from '../../../transport/tls/options.ts';

/** Beneath the data. */
const DIRECTORY = 'tls';

export interface OwnCertificate extends TlsIdentity {
  /** Where the certificate of the authority lies, which clients must trust. */
  readonly authority: string;
}

/**
 * Makes it, or takes the one of last time.
 * @param data directory of the exchange
 * @throws NetError `unsupported` when there is no directory; as `ensureCertificate`
 */
export async function ownCertificate(data: string | null, address: Address): Promise<OwnCertificate> {
  if (data === null)
    throw new NetError(
      'unsupported',
      `${address} needs a certificate, for which there must be a data directory; or give one with the option tls`,
    );
  // Only the first start needs what makes them; that takes its time to load.
  const { ensureCertificate } = await import('../../../transport/tls/authority/index.ts');
  const names = namesOf(address);
  const { cert, chain, key, authority } = await ensureCertificate(join(data, DIRECTORY), names, {
    permit: names,
    // The addresses of a machine change, and with them the names that are asked for.
    skipOutside: true,
  });
  return { cert: chain === '' ? cert : chain, key, authority: authority.path };
}

/** Under what clients may reach it. */
function namesOf(address: Address): string[] {
  const own = ['localhost', '127.0.0.1', '::1'];
  if (address.kind !== 'inet') return own;
  const isAny = address.host === '0.0.0.0' || address.host === '::';
  const more = isAny ? [hostname(), ...addresses()] : [address.host];
  return [...new Set([...own, ...more.map((name) => name.toLowerCase())])];
}

/** Of this machine, but for those that hold on one link only. */
function addresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}
