/** Between the shapes of Fetch and those of the client. */
import { NetError } from '../../../core/index.ts';
import type { ClientResponse } from './client-response.ts';
import type { RequestOptions } from './options.ts';
import type { RequestTiming } from './timing.ts';

export type FetchInput = string | URL | Request;

/** What a `Response` of the client has beyond Fetch. */
export interface FetchExtras {
  readonly timing: RequestTiming;
}

/** Statuses whose answers have no body (Fetch section 2.2.3). */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Where the request goes, and how; what `options` says goes before what the `Request` says. */
export function fetchTarget(
  input: FetchInput,
  options: RequestOptions,
): [url: string | URL, options: RequestOptions] {
  if (!(input instanceof Request)) return [input, options];
  const { method, headers, body, signal, redirect, url } = input;
  return [
    url,
    { method, headers, body: body as ReadableStream<Uint8Array> | null, signal, redirect, ...options },
  ];
}

/** @throws NetError `protocol` (fault `remote`) for a status that a `Response` cannot have */
export function fetchResponse(answer: ClientResponse): Response {
  const { status, reason, url, redirects, method } = answer;
  if (status > 599 || status < 200) {
    answer.cancel();
    throw new NetError('protocol', `${method} ${url}: Fetch knows no status ${status}`, { fault: 'remote' });
  }
  const isNull = NULL_BODY.has(status) || method === 'HEAD';
  if (isNull) answer.cancel();
  const headers = new Headers([...answer.fields]);
  const response = new Response(isNull ? null : answer.stream(), { status, statusText: reason, headers });
  return Object.defineProperties(response, {
    url: { value: url },
    redirected: { value: redirects.length > 0 },
    timing: { get: () => answer.timing },
  });
}
