/** The certificate that `modnet serve --tls` serves with. */
import { hostname, networkInterfaces } from 'node:os';
import type { Address } from '../../core/index.ts';
import type { TlsOptions } from '../../transport/tls/index.ts';

export interface ServingCertificate {
  readonly tls: TlsOptions;
  /** Where the certificate of the authority lies that clients must trust; of one's own certificate there is none. */
  readonly authority: string | undefined;
  readonly warning: string | undefined;
}

/** @throws NetError when none can be made for the names under which the address is reached */
export async function servingCertificate(
  address: Address,
  { cert, key }: { readonly cert?: string; readonly key?: string },
): Promise<ServingCertificate> {
  if (cert !== undefined) return { tls: { cert, key }, authority: undefined, warning: undefined };
  const { ensureCertificate } = await import('../../transport/tls/index.ts');
  const made = await ensureCertificate(undefined, namesOf(address));
  const chain = made.chain === '' ? made.cert : made.chain;
  return { tls: { cert: chain, key: made.key }, authority: made.authority.path, warning: made.warning };
}

function namesOf(address: Address): string[] {
  const own = ['localhost', '127.0.0.1', '::1'];
  if (address.kind !== 'inet') return own;
  const isAny = address.host === '0.0.0.0' || address.host === '::';
  const more = isAny ? [hostname(), ...outerAddresses()] : [address.host];
  return [...new Set([...own, ...more.map((name) => name.toLowerCase())])];
}

/** Under which others reach this machine; not those that hold on one link only. */
export function outerAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}
