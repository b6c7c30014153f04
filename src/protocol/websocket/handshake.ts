/**
 * What the two sides of the opening handshake have in common (RFC 6455 section 4). It sees fields of heads that somebody else has
 * read, and does not know sockets, SHA-1 or randomness: they are given.
 */
import { NetError } from '../../core/error.ts';
import { TOKEN } from './token.ts';

/** Whatever has fields of HTTP that can be asked for by name: a head, `Headers`. */
export interface FieldSource {
  get(name: string): string | null | undefined;
}

/** The one version there is (RFC 6455 section 4.1). */
export const VERSION = '13';

/** What the key is joined with before it is hashed (RFC 6455 section 1.3). */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The SHA-1 of ASCII text, in base64. */
export type Sha1 = (text: string) => string;

/** Sec-WebSocket-Accept for a Sec-WebSocket-Key: that the answer comes from somebody who speaks WebSocket, and is no stale one. */
export function acceptOf(key: string, sha1: Sha1): string {
  return sha1(key + GUID);
}

/** Whether a field that lists tokens has this one, in whatever case. */
export function hasToken(field: string | null | undefined, token: string): boolean {
  return field?.split(',').some((part) => part.trim().toLowerCase() === token) === true;
}

/** Names of subprotocols that one header may list. Precedent: browsers take what a page gives them; pages give one or two. */
export const MAX_PROTOCOLS = 32;

const NAME = new RegExp(`^${TOKEN}$`);

/** The names, or `undefined` when one is no token or there twice (RFC 6455 section 4.1, item 10). */
export function parseProtocols(field: string | null | undefined): string[] | undefined {
  if (field === null || field === undefined) return [];
  const names = field.split(',').map((name) => name.trim());
  const isList = names.every((name) => NAME.test(name)) && new Set(names).size === names.length;
  return isList && names.length <= MAX_PROTOCOLS ? names : undefined;
}

/** A handshake that a server refuses, with what it answers. */
export class HandshakeError extends NetError {
  /** Of HTTP: 400, 403, 404, 405, 426. */
  readonly status: number;
  /** Belong into the answer. */
  readonly fields: readonly (readonly [string, string])[];

  /** @param why what is wrong; also the body of the answer */
  constructor(status: number, why: string, fields: readonly (readonly [string, string])[] = []) {
    const isRefusal = status === 403 || status === 404;
    super(isRefusal ? 'refused' : 'protocol', why, isRefusal ? {} : { fault: 'remote' });
    this.status = status;
    this.fields = fields;
  }
}
