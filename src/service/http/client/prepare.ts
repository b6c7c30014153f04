/** The head of a request, and how its body is framed. What would let a request pass for two is refused. */
import { NetError } from '../../../core/index.ts';
import { CHUNKED, formatRequestHead } from '../../../protocol/http1/index.ts';
import { CODINGS } from './decode.ts';
import type { ExchangeRequest } from './exchange.ts';
import { type FieldList, fieldOf, withDefaults, withoutFields } from './header-input.ts';
import { BODY_TIMEOUT, CONTINUE_TIMEOUT, HEADER_TIMEOUT } from './limits.ts';
import type { RequestOptions } from './options.ts';
import { basicOf } from './proxy.ts';
import type { Hop } from './redirect.ts';
import type { RequestBody } from './request-body.ts';
import { type Route, targetOf } from './route.ts';

/** Those that say how the message is framed, where it goes and what becomes of the connection: written here. */
const OURS = ['host', 'connection', 'upgrade', 'content-length', 'transfer-encoding', 'expect', 'keep-alive'];

/** Methods that mean something with a body: without one they say so (RFC 9110 section 8.6). */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * @param options of the client and the request together
 * @throws NetError `protocol` (fault `local`) or `unsupported` for what cannot be sent
 */
export function prepare(
  hop: Hop,
  route: Route,
  body: RequestBody | undefined,
  options: RequestOptions & { readonly userAgent: string },
): ExchangeRequest {
  const { method } = hop;
  if (method === 'CONNECT' || method === 'TRACE')
    throw new NetError('unsupported', `the method ${method} is not sent by a request; tunnels are a proxy's`);
  const given = [...hop.fields];
  const connection = fieldOf(given, 'connection') ?? '';
  const bodyLength = bodyLengthOf(given, body, options);
  const continueTimeout = body === undefined || bodyLength === 0 ? undefined : patience(given, options);
  const fields: FieldList = [
    ['Host', fieldOf(given, 'host') ?? hop.url.host],
    ...connectionFields(connection, options.upgrade),
    ...withDefaults(withoutFields(given, ...OURS), defaults(hop, route, body, options)),
    ...framingFields(method, body, bodyLength),
  ];
  if (continueTimeout !== undefined) fields.push(['Expect', '100-continue']);
  return {
    method,
    head: Buffer.from(formatRequestHead(method, targetOf(hop.url, route), fields), 'latin1'),
    body,
    bodyLength,
    trailers: body === undefined ? undefined : options.trailers,
    continueTimeout,
    upgrades: options.upgrade !== undefined,
    keepAlive: !/(^|[\s,])close([\s,]|$)/i.test(connection),
    headerTimeout: options.headerTimeout ?? HEADER_TIMEOUT,
    bodyTimeout: options.bodyTimeout ?? BODY_TIMEOUT,
    onInterim: undefined,
  };
}

function connectionFields(connection: string, upgrade: string | undefined): FieldList {
  if (upgrade === undefined) return connection === '' ? [] : [['Connection', connection]];
  return [
    ['Connection', connection === '' ? 'Upgrade' : `${connection}, Upgrade`],
    ['Upgrade', upgrade],
  ];
}

function defaults(
  { url, method }: Hop,
  { absolute, proxy }: Route,
  body: RequestBody | undefined,
  { userAgent, decompress }: RequestOptions & { readonly userAgent: string },
): FieldList {
  const fields: FieldList = [['Accept', '*/*']];
  if (userAgent !== '') fields.push(['User-Agent', userAgent]);
  if (decompress !== false && method !== 'HEAD') fields.push(['Accept-Encoding', CODINGS]);
  const authorization = basicOf(url);
  if (authorization !== undefined) fields.push(['Authorization', authorization]);
  if (absolute && proxy?.authorization !== undefined)
    fields.push(['Proxy-Authorization', proxy.authorization]);
  if (body?.type !== undefined) fields.push(['Content-Type', body.type]);
  return fields;
}

function framingFields(method: string, body: RequestBody | undefined, length: number): FieldList {
  if (length === CHUNKED) return [['Transfer-Encoding', 'chunked']];
  return body !== undefined || WITH_BODY.has(method) ? [['Content-Length', String(length)]] : [];
}

/** What the body knows of itself, the caller's `Content-Length`, or chunks (RFC 9112 section 6). */
function bodyLengthOf(
  fields: FieldList,
  body: RequestBody | undefined,
  { trailers }: RequestOptions,
): number {
  const coding = fieldOf(fields, 'transfer-encoding');
  const announced = announcedLength(fields);
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || announced !== undefined))
    throw local(`Transfer-Encoding can be "chunked" alone, and not together with Content-Length`);
  if (body === undefined) {
    if ((announced ?? 0) > 0)
      throw local(`Content-Length announces ${announced} bytes, and there is no body`);
    return 0;
  }
  if (coding !== undefined || trailers !== undefined) return CHUNKED;
  if (body.length === undefined) return announced ?? CHUNKED;
  if (announced !== undefined && announced !== body.length)
    throw local(`Content-Length announces ${announced} bytes, and the body has ${body.length}`);
  return body.length;
}

function announcedLength(fields: FieldList): number | undefined {
  const text = fieldOf(fields, 'content-length');
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw local(`Content-Length "${text}" is no number of bytes`);
  return Number(text);
}

function patience(fields: FieldList, { expectContinue }: RequestOptions): number | undefined {
  if (typeof expectContinue === 'number') return expectContinue;
  const asked = expectContinue ?? fieldOf(fields, 'expect')?.toLowerCase() === '100-continue';
  return asked ? CONTINUE_TIMEOUT : undefined;
}

function local(why: string): NetError {
  return new NetError('protocol', why, { fault: 'local' });
}
