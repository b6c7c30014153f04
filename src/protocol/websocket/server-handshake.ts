/** The server's side of the opening handshake (RFC 6455 section 4.2). It does not know paths or who may come in. */
import { NetError } from '../../core/error.ts';
import { chooseOffer, type DeflateParameters, type DeflatePolicy } from './deflate-parameters.ts';
import { type Extension, parseExtensions } from './extensions.ts';
import {
  acceptOf,
  type FieldSource,
  HandshakeError,
  hasToken,
  parseProtocols,
  type Sha1,
  VERSION,
} from './handshake.ts';

/** What of a request counts here; a `RequestHead` of HTTP/1.1 is one. */
export interface UpgradeRequest {
  readonly method: string;
  /** Left out where it is known to be enough. */
  readonly version?: string | undefined;
  readonly fields: FieldSource;
}

/** What a client asks for. */
export interface Upgrade {
  readonly key: string;
  /** In the order of its preference. */
  readonly protocols: readonly string[];
  readonly offers: readonly Extension[];
  /** The page that a browser asks for; other clients mostly leave it out. */
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/** What the server decides. */
export interface UpgradeChoice {
  /** One of those that the client listed. */
  readonly protocol?: string | undefined;
  /** Left out: no compression. */
  readonly deflate?: DeflatePolicy | undefined;
}

export interface UpgradeAnswer {
  /** Of the answer with status 101. */
  readonly fields: readonly (readonly [string, string])[];
  /** When permessage-deflate was agreed on. */
  readonly deflate: DeflateParameters | undefined;
}

/** 16 bytes in base64: 22 digits, of which the last has four bits that are zero. */
const KEY = /^[+/0-9A-Za-z]{21}[AQgw]==$/;

const UPGRADE_REQUIRED: readonly (readonly [string, string])[] = [
  ['connection', 'Upgrade'],
  ['upgrade', 'websocket'],
  ['sec-websocket-version', VERSION],
];

/** @throws HandshakeError for a request that is none of WebSocket, or a wrong one */
export function readUpgrade({ method, version, fields }: UpgradeRequest): Upgrade {
  if (!hasToken(fields.get('upgrade'), 'websocket') || !hasToken(fields.get('connection'), 'upgrade'))
    throw new HandshakeError(
      426,
      'This is a WebSocket; ask for it with "Upgrade: websocket"',
      UPGRADE_REQUIRED,
    );
  if (method !== 'GET')
    throw new HandshakeError(405, `A WebSocket is asked for with GET, not ${method}`, [['allow', 'GET']]);
  if (hasBody(fields)) throw new HandshakeError(400, 'A request for a WebSocket has no body');
  if (version === '1.0') throw new HandshakeError(400, 'A WebSocket needs HTTP/1.1');
  if (fields.get('sec-websocket-version')?.trim() !== VERSION)
    throw new HandshakeError(426, `Only version ${VERSION} of WebSocket is spoken here`, UPGRADE_REQUIRED);
  const key = fields.get('sec-websocket-key')?.trim() ?? '';
  if (!KEY.test(key)) throw new HandshakeError(400, 'Sec-WebSocket-Key is not 16 bytes in base64');
  const protocols = parseProtocols(fields.get('sec-websocket-protocol'));
  if (protocols === undefined) throw new HandshakeError(400, 'Sec-WebSocket-Protocol is no list of names');
  return {
    key,
    protocols,
    offers: readOffers(fields.get('sec-websocket-extensions')),
    origin: fields.get('origin') ?? undefined,
    host: fields.get('host') ?? undefined,
  };
}

/** What follows the head are frames; a body would be taken for some. */
function hasBody(fields: FieldSource): boolean {
  const length = fields.get('content-length') ?? '0';
  return Number(length) !== 0 || (fields.get('transfer-encoding') ?? '') !== '';
}

/** @throws NetError `protocol` (fault `local`) for a protocol that the client did not list */
export function answerUpgrade(upgrade: Upgrade, choice: UpgradeChoice, sha1: Sha1): UpgradeAnswer {
  const { protocol } = choice;
  if (protocol !== undefined && !upgrade.protocols.includes(protocol))
    throw new NetError('protocol', `The client did not offer the subprotocol "${protocol}"`, {
      fault: 'local',
    });
  const deflate = choice.deflate === undefined ? undefined : chooseOffer(upgrade.offers, choice.deflate);
  const fields: [string, string][] = [
    ['upgrade', 'websocket'],
    ['connection', 'Upgrade'],
    ['sec-websocket-accept', acceptOf(upgrade.key, sha1)],
  ];
  if (protocol !== undefined) fields.push(['sec-websocket-protocol', protocol]);
  if (deflate !== undefined) fields.push(['sec-websocket-extensions', deflate.answer]);
  return { fields, deflate: deflate?.parameters };
}

/** The first of the client's that the server has; none is no fault (RFC 6455 section 4.2.2, item 5). */
export function chooseProtocol(upgrade: Upgrade, known: readonly string[]): string | undefined {
  return upgrade.protocols.find((protocol) => known.includes(protocol));
}

function readOffers(field: string | null | undefined): Extension[] {
  if (field === null || field === undefined) return [];
  try {
    return parseExtensions(field);
  } catch (error) {
    throw new HandshakeError(400, (error as Error).message);
  }
}
