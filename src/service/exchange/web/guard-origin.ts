/**
 * Keeps pages of other origins out: a page in a browser could otherwise read and speak in the rooms of whoever looks at it.
 * WebSocket knows no same-origin policy, so this is all that guards it (RFC 6455 section 10.2).
 */
import { HttpResponse, type Middleware } from '../../http/index.ts';
import { problemResponse } from './problem.ts';

const ALLOWED_METHODS = 'GET, HEAD, POST, DELETE, OPTIONS';
const ALLOWED_HEADERS = 'Authorization, Content-Type, Last-Event-ID';
const EXPOSED_HEADERS = 'Link, Location, Retry-After';

/** Seconds that a browser may remember the answer to a preflight. Precedent: Chromium keeps none longer than 7,200. */
const PREFLIGHT_AGE = 600;

/** @param allowed origins, as browsers write them: `https://example.net:8443` */
export function guardOrigin(allowed: readonly string[]): Middleware {
  const origins = new Set(allowed);
  return async (request, _context, next) => {
    const origin = request.headers.get('origin');
    if (isOwn(request, origin)) return next();
    if (origin === null || !origins.has(origin))
      return problemResponse(
        'cross-origin',
        'Pages of other origins may not use this exchange; --allow-origin lets one',
      );
    const isPreflight = request.method === 'OPTIONS' && request.headers.has('access-control-request-method');
    const response = isPreflight ? preflight() : await next();
    response.headers.set('access-control-allow-origin', origin);
    response.headers.set('access-control-expose-headers', EXPOSED_HEADERS);
    response.headers.append('vary', 'Origin');
    return response;
  };
}

/** Whether no page sent it, or one of ours, or somebody who followed a link. */
function isOwn(request: Request, origin: string | null): boolean {
  if (origin !== null) return origin === new URL(request.url).origin;
  const site = request.headers.get('sec-fetch-site');
  return site === null || site === 'same-origin' || site === 'none' || isNavigation(request);
}

function isNavigation({ method, headers }: Request): boolean {
  return (
    method === 'GET' &&
    headers.get('sec-fetch-mode') === 'navigate' &&
    headers.get('sec-fetch-dest') === 'document'
  );
}

function preflight(): Response {
  return new HttpResponse(null, {
    status: 204,
    headers: {
      'access-control-allow-methods': ALLOWED_METHODS,
      'access-control-allow-headers': ALLOWED_HEADERS,
      'access-control-max-age': `${PREFLIGHT_AGE}`,
    },
  });
}
