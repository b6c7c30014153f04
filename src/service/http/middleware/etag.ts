/** Entity tags for answers that are made anew each time, so that who has one is told that it is still good. */
import { createHash } from 'node:crypto';
import type { Middleware } from '../contract.ts';
import { checkPreconditions } from '../files/preconditions.ts';
import { HttpResponse } from '../response.ts';
import { changeable, onResponse } from './on-response.ts';

/** Bytes of an answer beyond which none is made: making it costs more than sending it. */
const MAX_TAGGED = 1024 * 1024;

/** What a 304 repeats of the 200 (RFC 9110, section 15.4.5), and what is not of the content. */
const OF_CONTENT = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-length',
  'content-range',
];

/**
 * Gives answers to GET and HEAD a tag, of their bytes, and answers 304 or 412 where the request's conditions say so; also
 * with a tag or a date that the handler gave. It saves sending, not making. Text and bytes of `HttpResponse` are
 * tagged; streams are not.
 */
export function etag(): Middleware {
  return (request, _context, next) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    return onResponse(next(), (answer) => (answer.status === 200 ? conditional(request, answer) : answer));
  };
}

function conditional(request: Request, answer: Response): Response {
  const response = changeable(answer);
  const tag = response.headers.get('etag') ?? tagOf(response);
  if (tag !== undefined) response.headers.set('etag', tag);
  const date = Date.parse(response.headers.get('last-modified') ?? '');
  const modified = Number.isNaN(date) ? undefined : date;
  if (tag === undefined && modified === undefined) return response;
  const failed = checkPreconditions(request, { etag: tag ?? '', modified });
  if (failed === undefined) return response;
  void response.body?.cancel();
  if (failed === 412) return new HttpResponse('It has changed.\n', { status: 412 });
  for (const name of OF_CONTENT) response.headers.delete(name);
  return new HttpResponse(null, { status: 304, headers: response.headers });
}

function tagOf(response: Response): string | undefined {
  const content = response instanceof HttpResponse ? response.content : undefined;
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return undefined;
  if (content.length > MAX_TAGGED) return undefined;
  return `"${createHash('sha1').update(content).digest('base64url')}"`;
}
