/** Middleware around a handler, outermost first. What answers synchronously stays synchronous. */
import type { HttpHandler, Middleware } from '../contract.ts';

/** One handler of several middlewares and the handler inside them. */
export function compose(middlewares: readonly Middleware[], handler: HttpHandler): HttpHandler {
  return middlewares.reduceRight<HttpHandler>(surround, handler);
}

function surround(inner: HttpHandler, middleware: Middleware): HttpHandler {
  return (request, context) => middleware(request, context, (passed = request) => inner(passed, context));
}
