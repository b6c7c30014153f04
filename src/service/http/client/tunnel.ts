/** Asks a proxy to connect on (CONNECT, RFC 9110 section 9.3.6). It does not know what goes through the tunnel. */
import { type Clock, type HalfCloseable, NetError } from '../../../core/index.ts';
import { formatRequestHead, type Http1Limits, type ResponseHead } from '../../../protocol/http1/index.ts';
import { Exchange } from './exchange.ts';
import type { FieldList } from './header-input.ts';
import { HttpConnection } from './http-connection.ts';
import { Stopwatch } from './timing.ts';

export interface TunnelRequest {
  /** `example.com:443` */
  readonly authority: string;
  readonly fields: FieldList;
}

export interface TunnelOptions {
  readonly clock: Clock;
  readonly http1: Partial<Http1Limits> | undefined;
  readonly signal: AbortSignal;
}

/** The proxy answered, and not with 2xx. */
export class TunnelRefused extends NetError {
  readonly status: number;

  constructor(proxy: string, authority: string, { status, reason }: ResponseHead) {
    const hint = status === 407 ? '; give user and password in the URL of the proxy' : '';
    const answer = `${status} ${reason}`.trimEnd();
    super('refused', `${proxy} answered ${answer} to CONNECT ${authority}${hint}`);
    this.status = status;
  }
}

/**
 * The connection, which from now on leads to `authority`.
 * @param proxy for messages
 * @throws TunnelRefused; the reason of the signal; the connection is lost then
 */
export async function openTunnel(
  connection: HalfCloseable,
  request: TunnelRequest,
  proxy: string,
  options: TunnelOptions,
): Promise<HalfCloseable> {
  const { clock, signal } = options;
  const exchange = new Exchange(new HttpConnection(connection, options.http1), requestOf(request), {
    clock,
    stopwatch: new Stopwatch(() => clock.now()),
    describe: (error) => error,
    onSettled: () => signal.removeEventListener('abort', onAbort),
  });
  const onAbort = (): void => exchange.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  exchange.start();
  const head = await exchange.head;
  if (exchange.upgraded !== undefined) return exchange.upgraded;
  const refused = new TunnelRefused(proxy, request.authority, head);
  exchange.abort(refused);
  throw refused;
}

/** How long it may take is for the signal to say. */
function requestOf({ authority, fields }: TunnelRequest): ConstructorParameters<typeof Exchange>[1] {
  return {
    method: 'CONNECT',
    head: Buffer.from(formatRequestHead('CONNECT', authority, [['Host', authority], ...fields]), 'latin1'),
    body: undefined,
    bodyLength: 0,
    trailers: undefined,
    continueTimeout: undefined,
    upgrades: true,
    keepAlive: false,
    headerTimeout: 0,
    bodyTimeout: 0,
    onInterim: undefined,
  };
}
