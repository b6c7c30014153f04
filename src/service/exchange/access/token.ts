/** What an access token looks like, and when an exchange needs one. */
import { randomBytes } from 'node:crypto';
import { type Address, NetError } from '../../../core/index.ts';

/** Characters of a token that somebody chose. Precedent: NIST SP 800-63B, 8 at least for what guesses are limited for. */
const SHORTEST = 8;
const LONGEST = 256;

/** What RFC 6750 lets stand behind `Bearer`; it needs no escaping in a URL's query nor in a line. */
const FORM = /^[\w.~+/-]+=*$/;

/** 128 bits, as hexadecimal digits: never begins with `-`, so it can follow an option. */
export function makeToken(): string {
  return randomBytes(16).toString('hex');
}

/** @throws NetError `unsupported` when it cannot be a token */
export function checkToken(token: string): string {
  if (token.length < SHORTEST || token.length > LONGEST)
    throw new NetError(
      'unsupported',
      `A token has ${SHORTEST} to ${LONGEST} characters, not ${token.length}`,
    );
  if (!FORM.test(token))
    throw new NetError(
      'unsupported',
      'A token is made of letters, digits and - . _ ~ + / =, so that it fits into a header',
    );
  return token;
}

/** Whether only this machine reaches the address: 127.0.0.0/8 and ::1 (RFC 6890), sockets of its own. */
export function isLocal(address: Address): boolean {
  if (address.kind !== 'inet') return true;
  const { host, family } = address;
  if (family === 0) return host.toLowerCase() === 'localhost';
  return host === '::1' || host.startsWith('127.') || host.startsWith('::ffff:127.');
}

/**
 * Whether something else guards the door: the system checks the permissions of a socket in the file system, and memory is the
 * process's own. An abstract socket has no permissions (unix(7)).
 */
export function isGuarded(address: Address): boolean {
  return address.kind === 'unix' ? !address.abstract : address.kind !== 'inet';
}
