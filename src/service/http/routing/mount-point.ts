/** Where in the tree of paths a handler stands that was mounted under a prefix. It knows no router. */
import type { HttpContext } from '../contract.ts';
import { pathOf } from '../request.ts';

const MOUNT_POINT: unique symbol = Symbol('mount point');

/** What a router adds to the context of a request. */
export class RoutedContext implements HttpContext {
  readonly params: Readonly<Record<string, string>>;
  readonly [MOUNT_POINT]: string;
  readonly #outer: HttpContext;

  /** @param mountPoint the part of the path that led here, as it was sent, without a slash at its end */
  constructor(outer: HttpContext, params: Readonly<Record<string, string>>, mountPoint: string) {
    this.#outer = outer;
    this.params = params;
    this[MOUNT_POINT] = mountPoint;
  }

  get remote(): HttpContext['remote'] {
    return this.#outer.remote;
  }

  get local(): HttpContext['local'] {
    return this.#outer.local;
  }

  get secure(): boolean {
    return this.#outer.secure;
  }

  get version(): string {
    return this.#outer.version;
  }

  get draining(): AbortSignal {
    return this.#outer.draining;
  }
}

/** The part of the path before the handler's own: `/static` for `router.mount('/static', handler)`, else empty. */
export function mountPointOf(context: HttpContext): string {
  return (context as Partial<RoutedContext>)[MOUNT_POINT] ?? '';
}

/** The path of the request from there on, `/` at least, as it was sent. */
export function pathBelow(context: HttpContext, request: Request): string {
  const path = pathOf(request);
  const mountPoint = mountPointOf(context);
  if (mountPoint === '') return path;
  return path.length === mountPoint.length ? '/' : path.slice(mountPoint.length);
}
