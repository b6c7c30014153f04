/**
 * Against requests that a page of somebody else makes in its visitor's name (CSRF). Browsers say where a request comes from; a
 * token in each form is not needed. Precedent: `CrossOriginProtection` of Go's net/http.
 */
import type { Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';

export interface SameOriginOptions {
  /** Other origins that may ask, as `https://example.net`. */
  readonly trusted?: readonly string[] | undefined;
}

const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses, with 403, what would change something and comes from another origin. Programs, which say nothing of where they come
 * from, pass. Nothing may be changed by GET.
 */
export function sameOrigin({ trusted = [] }: SameOriginOptions = {}): Middleware {
  return (request, _context, next) =>
    SAFE.includes(request.method) || isOwn(request, trusted) ? next() : refusal();
}

function isOwn(request: Request, trusted: readonly string[]): boolean {
  const origin = request.headers.get('origin');
  if (origin !== null && trusted.includes(origin)) return true;
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' || site === 'none';
  if (origin === null) return true;
  // Only the host: behind a proxy that ends TLS the scheme is another.
  const host = request.headers.get('host') ?? new URL(request.url).host;
  return URL.parse(origin)?.host === host.toLowerCase();
}

function refusal(): Response {
  return new HttpResponse('This request comes from another site.\n', { status: 403 });
}
