/**
 * What a handler of HTTP is: the shape of Fetch, so that whatever is written for it (Hono, a service worker, a test) runs
 * here, and what runs here can be tested with a `Request` and no server. It knows no version of HTTP and no socket.
 */
import type { Address } from '../../core/index.ts';

/** What a handler may want to know beside the request. */
export interface HttpContext {
  /** The peer, or the proxy in front of it. */
  readonly remote: Address;
  readonly local: Address;
  /** Whether the connection is encrypted. */
  readonly secure: boolean;
  /** `HTTP/1.1` and the like, as in access logs. */
  readonly version: string;
  /** Filled by a router: the parts of the path that its pattern names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Aborts when the server drains: finish what was begun, end what would go on for ever. */
  readonly draining: AbortSignal;
}

/**
 * Answers one request. A rejection becomes 500 and is told to the server's owner, unless the head has left already: then
 * the connection is aborted, so that nobody takes half an answer for a whole one.
 * `request.signal` aborts when the peer is gone.
 */
export type HttpHandler = (request: Request, context: HttpContext) => Response | Promise<Response>;

/** Goes around a handler: may answer itself, or pass another request on, or change the answer. */
export type Middleware = (
  request: Request,
  context: HttpContext,
  next: (request?: Request) => Response | Promise<Response>,
) => Response | Promise<Response>;
