/**
 * Looks at the name under which a request came. A page whose name is made to lead to this machine (DNS rebinding) is of the same
 * origin as its requests to us, so the name is all that tells it from ours. A literal address cannot be made to lead elsewhere.
 */
import { hostname } from 'node:os';
import { parseIpv4 } from '../../../bytes/ip.ts';
import type { Middleware } from '../../http/index.ts';
import { problemResponse } from './problem.ts';

/** Names that lead to this machine whatever anybody's DNS says, and those it was told. */
export class OwnNames {
  readonly #names: ReadonlySet<string>;

  /** @param more hosts as URLs write them */
  constructor(more: readonly string[] = []) {
    const own = hostname().toLowerCase();
    this.#names = new Set(['localhost', own, `${own}.local`, ...more.map((name) => name.toLowerCase())]);
  }

  /** @param host of a URL: lower case, IPv6 in brackets, without a port */
  has(host: string): boolean {
    if (host.startsWith('[') || parseIpv4(host) !== null) return true;
    // RFC 6761 section 6.3: resolvers keep these on this machine.
    return this.#names.has(host.replace(/\.$/, '')) || host.endsWith('.localhost');
  }
}

/** Refuses requests that came under another's name with 421. */
export function guardHost(names: OwnNames): Middleware {
  return (request, _context, next) => {
    if (hostsOf(request).every((host) => names.has(host))) return next();
    return problemResponse(
      'wrong-host',
      'This exchange is not known under that name; use its address, or let it know the name with --allow-origin',
    );
  };
}

/** That of the URL, and what Host says, which may be no name at all. */
function hostsOf(request: Request): string[] {
  const field = request.headers.get('host') ?? '';
  const { hostname: host } = new URL(request.url);
  return field === '' ? [host] : [host, URL.parse(`http://${field}`)?.hostname ?? ''];
}
