/** The client's side of the opening handshake (RFC 6455 sections 4.1 and 4.2.2). */
import { NetError } from '../../core/error.ts';
import {
  acceptAnswer,
  type DeflateParameters,
  type DeflatePolicy,
  offerOf,
  PERMESSAGE_DEFLATE,
} from './deflate-parameters.ts';
import { parseExtensions } from './extensions.ts';
import { acceptOf, type FieldSource, hasToken, parseProtocols, type Sha1, VERSION } from './handshake.ts';

export interface ClientWish {
  /** 16 random bytes in base64, of this handshake alone. */
  readonly key: string;
  /** In the order of preference. */
  readonly protocols?: readonly string[] | undefined;
  /** Left out: no compression is offered. */
  readonly deflate?: DeflatePolicy | undefined;
}

/** What of an answer counts here; a `ResponseHead` of HTTP/1.1 is one. */
export interface UpgradeResponse {
  readonly status: number;
  readonly reason: string;
  readonly fields: FieldSource;
}

/** What was agreed on. */
export interface Agreement {
  readonly protocol: string | undefined;
  readonly deflate: DeflateParameters | undefined;
}

/**
 * The fields that make a request one for a WebSocket; `host` comes from the address.
 * @throws NetError `protocol` (fault `local`) for a name of a subprotocol that is no token, or there twice
 */
export function upgradeFields(wish: ClientWish): [string, string][] {
  const fields: [string, string][] = [
    ['upgrade', 'websocket'],
    ['connection', 'Upgrade'],
    ['sec-websocket-key', wish.key],
    ['sec-websocket-version', VERSION],
  ];
  const protocols = wish.protocols ?? [];
  if (protocols.length > 0) {
    const list = protocols.join(', ');
    if (parseProtocols(list)?.length !== protocols.length)
      throw new NetError('protocol', `These are no names of subprotocols: ${list}`, { fault: 'local' });
    fields.push(['sec-websocket-protocol', list]);
  }
  if (wish.deflate !== undefined) fields.push(['sec-websocket-extensions', offerOf(wish.deflate)]);
  return fields;
}

/** @throws NetError `refused` for an answer other than 101, `protocol` (fault `remote`) for one that is wrong */
export function readAnswer(
  { status, reason, fields }: UpgradeResponse,
  wish: ClientWish,
  sha1: Sha1,
): Agreement {
  if (status !== 101)
    throw new NetError('refused', `the server answered ${status}${reason === '' ? '' : ` ${reason}`}`);
  if (!hasToken(fields.get('upgrade'), 'websocket') || !hasToken(fields.get('connection'), 'upgrade'))
    throw wrong('an upgrade to something else than WebSocket');
  if (fields.get('sec-websocket-accept')?.trim() !== acceptOf(wish.key, sha1))
    throw wrong('a Sec-WebSocket-Accept that does not belong to the key');
  const protocol = fields.get('sec-websocket-protocol') ?? undefined;
  if (protocol !== undefined && !wish.protocols?.includes(protocol))
    throw wrong(`the subprotocol "${protocol}", which was not asked for`);
  return { protocol, deflate: readDeflate(fields.get('sec-websocket-extensions'), wish.deflate) };
}

function readDeflate(
  field: string | null | undefined,
  policy: DeflatePolicy | undefined,
): DeflateParameters | undefined {
  if (field === null || field === undefined) return undefined;
  const [answer, ...more] = parseExtensions(field);
  if (policy === undefined || answer?.name !== PERMESSAGE_DEFLATE || more.length > 0)
    throw wrong(`extensions that were not asked for: ${field.slice(0, 100)}`);
  return acceptAnswer(answer, policy);
}

function wrong(what: string): NetError {
  return new NetError('protocol', `the server answered the handshake with ${what}`, { fault: 'remote' });
}
