/** How long the parts of an answer took, for the network panel of browsers (Server Timing, W3C). */
import type { Middleware } from '../contract.ts';
import { changeable, onResponse } from './on-response.ts';

/** Parts told for one request; what is measured beyond is left out. */
const MAX_PARTS = 32;

const parts = new WeakMap<Request, string[]>();

/** Tells in `Server-Timing` how long the handler took, and what `measure` measured. It tells so to everybody who asks. */
export function serverTiming(now: () => number = () => performance.now()): Middleware {
  return (request, _context, next) => {
    const list: string[] = [];
    parts.set(request, list);
    const started = now();
    return onResponse(next(), (answer) => {
      const response = changeable(answer);
      response.headers.append('server-timing', [...list, entry('total', now() - started)].join(', '));
      return response;
    });
  };
}

/**
 * Runs `work` and remembers how long it took, where `serverTiming` goes around.
 * @param name a token, such as `db`
 */
export async function measure<T>(
  request: Request,
  name: string,
  work: () => T | Promise<T>,
  now: () => number = () => performance.now(),
): Promise<T> {
  const started = now();
  try {
    return await work();
  } finally {
    const list = parts.get(request);
    if (list !== undefined && list.length < MAX_PARTS) list.push(entry(name, now() - started));
  }
}

function entry(name: string, ms: number): string {
  return `${name.replaceAll(/[^\w!#$%&'*+.^`|~-]/g, '-')};dur=${Math.round(ms * 10) / 10}`;
}
