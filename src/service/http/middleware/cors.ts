/** Cross-origin requests (Fetch, "CORS protocol"): which pages of other origins may use what is here. */
import { NetError } from '../../../core/index.ts';
import type { Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { addVary, changeable, onResponse } from './on-response.ts';

export interface CorsOptions {
  /**
   * Whose pages: `*` for everybody's, origins as `https://example.net`, or a decision. `null` (sandboxes, files) is no origin
   * unless it is named. Default `*`.
   */
  readonly origins?: '*' | readonly string[] | ((origin: string) => boolean) | undefined;
  /** Default GET, HEAD, PUT, PATCH, POST, DELETE. */
  readonly methods?: readonly string[] | undefined;
  /** Request headers; default: whatever is asked for. */
  readonly headers?: readonly string[] | undefined;
  /** Response headers that pages may read beside the usual ones; default none. */
  readonly exposed?: readonly string[] | undefined;
  /** Whether cookies and the like are sent along. Not with `*`. Default no. */
  readonly credentials?: boolean | undefined;
  /** Seconds for which an answer to a preflight is kept. Default 600, more than browsers without it (5 s), fewer than they allow. */
  readonly maxAge?: number | undefined;
}

const METHODS = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE'];

/** @throws NetError `unsupported` for credentials from everywhere, which browsers refuse */
export function cors(options: CorsOptions = {}): Middleware {
  const { origins = '*', credentials = false } = options;
  if (origins === '*' && credentials)
    throw new NetError('unsupported', 'CORS with credentials needs a list of origins: browsers refuse "*"');
  return (request, _context, next) => {
    const origin = request.headers.get('origin');
    const isAllowed = origin !== null && allows(origins, origin);
    if (isPreflight(request)) return preflight(request, isAllowed ? origin : null, options);
    return onResponse(next(), (answer) => {
      const response = changeable(answer);
      if (origins !== '*') addVary(response.headers, 'origin');
      if (isAllowed) allow(response.headers, origin, options);
      if (isAllowed && options.exposed?.length)
        response.headers.set('access-control-expose-headers', options.exposed.join(', '));
      return response;
    });
  };
}

function allows(origins: NonNullable<CorsOptions['origins']>, origin: string): boolean {
  if (origins === '*') return true;
  return typeof origins === 'function' ? origins(origin) : origins.includes(origin);
}

function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
}

/** What is not allowed gets an answer without the fields, which is how a browser learns it. */
function preflight(request: Request, origin: string | null, options: CorsOptions): Response {
  const response = new HttpResponse(null, { status: 204 });
  const { headers } = response;
  const asked = request.headers.get('access-control-request-headers');
  const varies = options.origins !== undefined && options.origins !== '*';
  if (varies) addVary(headers, 'origin');
  if (options.headers === undefined) addVary(headers, 'access-control-request-headers');
  if (origin === null) return response;
  allow(headers, origin, options);
  headers.set('access-control-allow-methods', (options.methods ?? METHODS).join(', '));
  const allowed = options.headers?.join(', ') ?? asked;
  if (allowed) headers.set('access-control-allow-headers', allowed);
  headers.set('access-control-max-age', String(options.maxAge ?? 600));
  return response;
}

function allow(headers: Headers, origin: string, { origins = '*', credentials }: CorsOptions): void {
  headers.set('access-control-allow-origin', origins === '*' ? '*' : origin);
  if (credentials === true) headers.set('access-control-allow-credentials', 'true');
}
