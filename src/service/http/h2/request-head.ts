/** The head of a request of HTTP/2, as the handlers of all versions take it. It relies on nghttp2 for what RFC 9113 forbids. */
import { Http1Error } from '../../../protocol/http1/index.ts';
import type { HeaderSource } from '../headers.ts';
import type { ExchangeHead } from '../server/line.ts';
import { FieldList } from './field-list.ts';
import type { Http2Settings } from './options.ts';

/** Bytes that a field counts for beside its name and value (RFC 9113, section 6.5.2). */
const FIELD_COST = 32;

/** uri-host [ ":" port ] (RFC 9110, section 7.2); no user. */
const AUTHORITY = /^(?:[A-Za-z0-9\-._~%!$&'()*+;=]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** In place of what a client of HTTP/1.1 makes up, so that a handshake can be answered; nothing depends on it. */
const WEBSOCKET_KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

export interface Http2Head extends ExchangeHead {
  readonly version: '2.0';
  readonly fields: HeaderSource;
  /** Extended CONNECT (RFC 8441): shown to the handler as the GET with Upgrade that it is on HTTP/1.1. */
  readonly isExtended: boolean;
  /** Why it is not the handler's to answer. */
  readonly refusal: Http1Error | undefined;
}

/** The pseudo-header fields, where they are. */
interface Pseudo {
  method: string;
  path: string;
  authority: string | undefined;
  protocol: string | undefined;
}

/**
 * @param raw names and values in turns, as they came
 * @param hasEnded there is no body
 */
export function readHead(raw: readonly string[], hasEnded: boolean, settings: Http2Settings): Http2Head {
  const pseudo: Pseudo = { method: '-', path: '-', authority: undefined, protocol: undefined };
  const fields = FieldList.of(raw, (name, value) => setPseudo(pseudo, name, value));
  const named = fields.get('host');
  const host = pseudo.authority ?? named;
  if (host !== undefined && named === undefined) fields.add('host', host);
  const isExtended = pseudo.method === 'CONNECT' && pseudo.protocol !== undefined;
  if (isExtended) addUpgrade(fields, pseudo.protocol!);
  const isTunnel = pseudo.method === 'CONNECT';
  return {
    method: isExtended ? 'GET' : pseudo.method,
    target: isTunnel && !isExtended ? (pseudo.authority ?? '-') : pseudo.path,
    version: '2.0',
    fields,
    host,
    keepAlive: true,
    expectsContinue: fields.get('expect')?.toLowerCase() === '100-continue',
    upgrade: isExtended ? pseudo.protocol : undefined,
    bodyLength: isTunnel || hasEnded ? 0 : lengthOf(fields),
    isExtended,
    refusal: sizeRefusal(raw, settings) ?? hostRefusal(host, named) ?? targetRefusal(pseudo),
  };
}

function setPseudo(pseudo: Pseudo, name: string, value: string): void {
  if (name === ':method') pseudo.method = value;
  else if (name === ':path') pseudo.path = value;
  else if (name === ':authority') pseudo.authority = value;
  else if (name === ':protocol') pseudo.protocol = value;
}

function addUpgrade(fields: FieldList, protocol: string): void {
  fields.add('connection', 'upgrade');
  fields.add('upgrade', protocol);
  if (protocol === 'websocket') fields.add('sec-websocket-key', WEBSOCKET_KEY);
}

/** -1: not known. */
function lengthOf(fields: FieldList): number {
  const text = fields.get('content-length');
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

function sizeRefusal(
  raw: readonly string[],
  { headerBytes, headers }: Http2Settings,
): Http1Error | undefined {
  let size = 0;
  let count = 0;
  for (let at = 0; at < raw.length; at += 2) {
    size += raw[at]!.length + raw[at + 1]!.length + FIELD_COST;
    if (!raw[at]!.startsWith(':')) count++;
  }
  if (size > headerBytes)
    return new Http1Error(431, 'limit', `The head of the request is longer than ${headerBytes} bytes`);
  if (count <= headers) return undefined;
  return new Http1Error(431, 'limit', `The head of the request has more than ${headers} fields`);
}

/** RFC 9113, section 8.3.1: who is meant must be said, once. */
function hostRefusal(host: string | undefined, named: string | undefined): Http1Error | undefined {
  if (host === undefined) return bad('The request names no host: it has neither :authority nor host');
  if (!AUTHORITY.test(host)) return bad('The host of the request is malformed');
  if (named !== undefined && named.toLowerCase() !== host.toLowerCase())
    return bad('The request names two hosts: its field host is not its :authority');
  return undefined;
}

function targetRefusal({ method, path, protocol }: Pseudo): Http1Error | undefined {
  if (method === 'CONNECT' && protocol === undefined) return undefined;
  if (path.startsWith('/') || (path === '*' && method === 'OPTIONS')) return undefined;
  return bad('The :path of the request must begin with a slash');
}

function bad(message: string): Http1Error {
  return new Http1Error(400, 'protocol', message);
}
