/** How often one client may ask. */
import { isIPv6 } from 'node:net';
import { type Clock, systemClock } from '../../../core/index.ts';
import { TokenBucket } from '../../token-bucket.ts';
import type { HttpContext, Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';

export interface RateLimitOptions {
  /** Requests a second, on average. */
  readonly rate: number;
  /** Requests at once. Default: those of a second, one at least. */
  readonly burst?: number | undefined;
  /** Who counts as one; `undefined` for no limit. Default: the address, of IPv6 the network of 64 bits that one household has. */
  readonly key?: ((request: Request, context: HttpContext) => string | undefined) | undefined;
  /** Clients that are remembered. Beyond it the one that asked least recently begins anew. Default `RATE_LIMIT_CLIENTS`. */
  readonly clients?: number | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/** Precedent: nginx's `limit_req_zone` of 1 MiB holds 16,000 addresses. */
export const RATE_LIMIT_CLIENTS = 16_384;

/** Answers 429 with `Retry-After` to who asks more often. It counts in this process alone. */
export function rateLimit(options: RateLimitOptions): Middleware {
  const {
    rate,
    burst = Math.max(1, Math.ceil(rate)),
    key = addressOf,
    clients = RATE_LIMIT_CLIENTS,
  } = options;
  const clock = options.clock ?? systemClock;
  const buckets = new Map<string, TokenBucket>();
  return (request, context, next) => {
    const client = key(request, context);
    if (client === undefined) return next();
    const now = clock.now();
    const bucket = buckets.get(client) ?? new TokenBucket(rate, burst, now);
    buckets.delete(client);
    buckets.set(client, bucket);
    if (buckets.size > clients) buckets.delete(buckets.keys().next().value!);
    return bucket.take(now) ? next() : tooMany(bucket.wait(now));
  };
}

function tooMany(wait: number): Response {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(wait / 1000))) };
  return new HttpResponse('You ask too often.\n', { status: 429, headers });
}

function addressOf(_request: Request, { remote }: HttpContext): string | undefined {
  if (remote.kind !== 'inet') return undefined;
  return isIPv6(remote.host) ? networkOf(remote.host) : remote.host;
}

/** The first four groups; of an IPv4 address in IPv6, the address. */
function networkOf(host: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(host)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = host.split('::');
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const all = [...groups, ...Array<string>(missing).fill('0'), ...(tail ? tail.split(':') : [])];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
