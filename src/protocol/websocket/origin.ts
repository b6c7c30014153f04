/**
 * Which pages may open a WebSocket. A browser lets every page connect to every server and sends the cookies along, so that a
 * server which does not look at Origin serves the pages of strangers in the name of whoever reads them (RFC 6455 section 10.2).
 */
import { HandshakeError } from './handshake.ts';
import type { Upgrade } from './server-handshake.ts';

/**
 * - `same-host`: pages that come from the host and port that was asked for
 * - `any`: everybody; for services that know nobody by cookie or address
 * - a list of origins, such as `https://app.example`, or a function
 *
 * Whoever sends no Origin is no browser and is let in by all but a function, which is asked with `undefined`.
 */
export type Origins =
  | 'same-host'
  | 'any'
  | readonly string[]
  | ((origin: string | undefined, host: string | undefined) => boolean);

/** Characters of a foreign origin that are told. */
const MAX_TOLD = 100;

/** The default: what a page of one's own needs. */
export const DEFAULT_ORIGINS: Origins = 'same-host';

/**
 * @param origins default `DEFAULT_ORIGINS`
 * @throws HandshakeError 403 for a page that may not
 */
export function checkOrigin(
  { origin, host }: Pick<Upgrade, 'origin' | 'host'>,
  origins: Origins = DEFAULT_ORIGINS,
): void {
  if (isOriginAllowed(origin, host, origins)) return;
  throw new HandshakeError(403, `Pages of ${origin?.slice(0, MAX_TOLD)} may not connect here`);
}

/** @param host as the request's Host says */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  origins: Origins,
): boolean {
  if (typeof origins === 'function') return origins(origin, host);
  if (origin === undefined || origins === 'any') return true;
  if (origins !== 'same-host') return origins.some((other) => other.toLowerCase() === origin.toLowerCase());
  return host !== undefined && isSameHost(origin, host);
}

/** The host is read with the origin's scheme, so that a default port is the same written or not. */
function isSameHost(origin: string, host: string): boolean {
  const page = URL.parse(origin);
  if (page === null || page.host === '') return false;
  const asked = URL.parse(`${page.protocol}//${host}`);
  return asked !== null && asked.host === page.host;
}
