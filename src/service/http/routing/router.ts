/**
 * Gives a request to the handler of its method and path. It knows no server: its `fetch` is a handler like any other.
 *
 * A segment that is written out comes before a parameter, and that before a wildcard. What no route answers is 404; a path that
 * has other methods is 405 with `Allow`; HEAD is answered by the route of GET, and OPTIONS with `Allow`, unless they have
 * routes of their own. A percent-encoding that is none is 400.
 */
import type { HttpContext, HttpHandler, Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { compose } from './compose.ts';
import { mountPointOf, pathBelow, RoutedContext } from './mount-point.ts';
import type { ParamsOf } from './pattern.ts';
import { ANY, type Missed, RouteTree } from './route-tree.ts';

/** A handler that knows the names of its path's parameters. */
export type RouteHandler<Pattern extends string> = (
  request: Request,
  context: HttpContext & { readonly params: ParamsOf<Pattern> },
) => Response | Promise<Response>;

/** Middleware for this route alone, outermost first, and the handler. */
export type RouteChain<Pattern extends string> = readonly [...Middleware[], RouteHandler<Pattern>];

export interface RouterOptions {
  /**
   * What `/a/` is where only `/a` has a route, and the other way round. `strict`: another path, 404. `redirect`: 308 to the one
   * that exists, for GET and HEAD. Default `strict`.
   */
  readonly trailingSlash?: 'strict' | 'redirect' | undefined;
  /** Answers what no route does. Default: 404 in plain text. */
  readonly notFound?: HttpHandler | undefined;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'The path has a percent-encoding that is none.',
  404: 'Nothing is here.',
  405: 'This path does not have this method.',
  414: 'The path is too long.',
};

export class Router {
  /** The router as a handler: for `serveHttp`, for another router, for a test. */
  readonly fetch: HttpHandler = (request, context) => this.#entry(request, context);

  readonly #tree = new RouteTree<HttpHandler>();
  readonly #middlewares: Middleware[] = [];
  readonly #options: RouterOptions;
  #entry: HttpHandler = (request, context) => this.#dispatch(request, context);

  constructor(options: RouterOptions = {}) {
    this.#options = options;
  }

  get<const P extends string>(pattern: P, ...chain: RouteChain<P>): this {
    return this.on('GET', pattern, ...chain);
  }

  post<const P extends string>(pattern: P, ...chain: RouteChain<P>): this {
    return this.on('POST', pattern, ...chain);
  }

  put<const P extends string>(pattern: P, ...chain: RouteChain<P>): this {
    return this.on('PUT', pattern, ...chain);
  }

  patch<const P extends string>(pattern: P, ...chain: RouteChain<P>): this {
    return this.on('PATCH', pattern, ...chain);
  }

  delete<const P extends string>(pattern: P, ...chain: RouteChain<P>): this {
    return this.on('DELETE', pattern, ...chain);
  }

  /** Every method that has no route of its own. */
  all<const P extends string>(pattern: P, ...chain: RouteChain<P>): this {
    return this.on(ANY, pattern, ...chain);
  }

  /**
   * @param method in capitals: methods are case-sensitive (RFC 9110, section 9.1)
   * @throws NetError `busy` for a pattern that cannot match, and for a route that exists already
   */
  on<const P extends string>(method: string, pattern: P, ...chain: RouteChain<P>): this {
    const handler = chain.at(-1) as HttpHandler;
    this.#tree.add(method, pattern, compose(chain.slice(0, -1) as Middleware[], handler));
    return this;
  }

  /**
   * Surrounds every answer of this router, those of what is mounted and 404 among them; in the order of the calls, the first
   * outermost. It runs before a route is found, so `params` are those of the outer router.
   */
  use(...middlewares: Middleware[]): this {
    this.#middlewares.push(...middlewares);
    this.#entry = compose(this.#middlewares, (request, context) => this.#dispatch(request, context));
    return this;
  }

  /**
   * Gives all below `prefix`, and `prefix` itself, to another router or handler, which answers also what it does not have. Routes
   * of this router come first. A handler learns the prefix from `mountPointOf`; its request stays as it was.
   */
  mount(prefix: string, target: Router | HttpHandler): this {
    const handler = target instanceof Router ? target.fetch : target;
    const at = prefix.replace(/\/$/, '');
    if (at !== '') this.#tree.add(ANY, at, (request, context) => enter(handler, at, request, context));
    this.#tree.add(ANY, `${at}/*`, (request, context) => enter(handler, at, request, context));
    return this;
  }

  #dispatch(request: Request, context: HttpContext): Response | Promise<Response> {
    const path = pathBelow(context, request);
    const found = this.#tree.find(request.method, path);
    if ('status' in found) return this.#miss(found, path, request, context);
    const { value, params } = found;
    if (params === undefined) return value(request, context);
    return value(request, new RoutedContext(context, merged(context.params, params), mountPointOf(context)));
  }

  #miss(missed: Missed, path: string, request: Request, context: HttpContext): Response | Promise<Response> {
    if (missed.status === 405) return notAllowed(request.method, missed.allowed);
    if (missed.status !== 404) return refusal(missed.status);
    const other =
      this.#options.trailingSlash === 'redirect' ? this.#withOtherSlash(path, request) : undefined;
    if (other !== undefined) return other;
    return this.#options.notFound?.(request, context) ?? refusal(404);
  }

  #withOtherSlash(path: string, request: Request): Response | undefined {
    if (path === '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined;
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    if ('status' in this.#tree.find(request.method, other)) return undefined;
    const { pathname, search } = new URL(request.url);
    const target = pathname.endsWith('/') ? pathname.slice(0, -1) : `${pathname}/`;
    // "//host" would be somebody else's.
    return HttpResponse.redirect(target.replace(/^\/+/, '/') + search, 308);
  }
}

type Params = HttpContext['params'];

function merged(outer: Params, own: Params): Params {
  for (const _ in outer) return { ...outer, ...own };
  return own;
}

/** Parameters of a prefix are in `params` for what is mounted there; the rest that led to it is not. */
function enter(
  handler: HttpHandler,
  prefix: string,
  request: Request,
  context: HttpContext,
): Response | Promise<Response> {
  const { '*': _, ...params } = context.params;
  const depth = prefix.split('/').length;
  const own = pathBelow(context, request).split('/', depth).join('/');
  return handler(request, new RoutedContext(context, params, mountPointOf(context) + own));
}

function notAllowed(method: string, allowed: readonly string[]): Response {
  const methods = new Set(allowed);
  if (methods.has('GET')) methods.add('HEAD');
  methods.add('OPTIONS');
  const headers = { allow: [...methods].sort().join(', ') };
  if (method === 'OPTIONS') return new HttpResponse(null, { status: 204, headers });
  return new HttpResponse(`${REASONS[405]}\n`, { status: 405, headers });
}

function refusal(status: 400 | 404 | 414): Response {
  return new HttpResponse(`${REASONS[status]}\n`, { status });
}
