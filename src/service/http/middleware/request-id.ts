/** A name for each request, to find it again in logs. */
import { randomUUID } from 'node:crypto';
import type { Middleware } from '../contract.ts';
import { changeable, onResponse } from './on-response.ts';

const HEADER = 'x-request-id';

/** What may stand in a log as it is; longer than a UUID or a trace. */
const USABLE = /^[\w.:+/=-]{1,128}$/;

const ids = new WeakMap<Request, string>();

/**
 * Names each request and tells it in `X-Request-Id`.
 * @param trusted whether one that the request brings is kept: behind a proxy that names them. Default no: a client could choose
 * one that somebody else has
 */
export function requestId({ trusted = false }: { readonly trusted?: boolean } = {}): Middleware {
  return (request, _context, next) => {
    const given = trusted ? request.headers.get(HEADER) : null;
    const id = given !== null && USABLE.test(given) ? given : randomUUID();
    ids.set(request, id);
    return onResponse(next(), (answer) => {
      const response = changeable(answer);
      response.headers.set(HEADER, id);
      return response;
    });
  };
}

/** The name of a request, where `requestId` has given it one. */
export function requestIdOf(request: Request): string | undefined {
  return ids.get(request);
}
