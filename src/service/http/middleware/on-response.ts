/** What middleware does with an answer: change its fields, now or when it is there. */
import { HttpResponse } from '../response.ts';

/** Calls `change` with the answer, at once where the answer is there at once. */
export function onResponse(
  answer: Response | Promise<Response>,
  change: (response: Response) => Response | Promise<Response>,
): Response | Promise<Response> {
  return answer instanceof Promise ? answer.then(change) : change(answer);
}

/** The same answer with headers that can be changed: those of `fetch` and of `Response.redirect` cannot. */
export function changeable(response: Response): Response {
  if (response instanceof HttpResponse) return response;
  try {
    response.headers.delete('x-changeable');
    return response;
  } catch {
    const { status, statusText, headers, body } = response;
    return new HttpResponse(body as ReadableStream<Uint8Array> | null, { status, statusText, headers });
  }
}

/** Adds to `Vary` what is not there yet (RFC 9110, section 12.5.5). */
export function addVary(headers: Headers, ...names: readonly string[]): void {
  const given = headers.get('vary');
  const list = given === null ? [] : given.split(',').map((name) => name.trim().toLowerCase());
  if (list.includes('*')) return;
  const missing = names.filter((name) => !list.includes(name));
  if (missing.length > 0) headers.set('vary', [...(given === null ? [] : [given]), ...missing].join(', '));
}
