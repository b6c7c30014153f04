/** Who is meant: Host, and the forms of a request's target other than a path (RFC 9112 section 3.2). */
import type { Bytes } from '../../core/contract.ts';
import { COLON, latin1, tableOf } from './characters.ts';
import { bad } from './error.ts';

/** scheme "://" authority, then a path, a query or nothing. */
const ABSOLUTE = /^(https?):\/\/([^/?]+)(?=$|[/?])/i;

/** reg-name or IPv4address of RFC 3986 section 3.2.2, but for the comma, which would look like two hosts in one. */
const IN_NAME = tableOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%!$&'()*+;=");
const LEFT_BRACKET = 0x5b;

const AUTHORITY = /^(?:[A-Za-z0-9\-._~%!$&'()*+;=]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?$/;

/** authority-form: the port is not left out. */
const HOST_AND_PORT = /^(?:[A-Za-z0-9\-._~%!$&'()*+;=]+|\[[0-9A-Fa-f:.]+\]):[0-9]+$/;

const DEFAULT_PORT: Readonly<Record<string, RegExp>> = { http: /:(?:80)?$/, https: /:(?:443)?$/ };

/** Whether the value of Host is `uri-host [ ":" port ]` (RFC 9110 section 7.2); it may be empty. */
export function isHost(bytes: Bytes, from: number, to: number): boolean {
  let at = from;
  if (bytes[from] === LEFT_BRACKET) return AUTHORITY.test(latin1(bytes, from, to));
  while (at < to && IN_NAME[bytes[at]!] === 1) at++;
  if (at === to) return true;
  if (bytes[at] !== COLON || at === from) return false;
  while (++at < to) {
    const byte = bytes[at]!;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}

/**
 * Checks a target that is not a path, and tells the host of the request.
 * @param host of the field Host
 * @throws Http1Error when the form is none, or does not go with the method, or names another host than Host
 */
export function checkTarget(method: string, target: string, host: string | undefined): string | undefined {
  if (method === 'CONNECT') {
    if (!HOST_AND_PORT.test(target)) throw bad('The target of CONNECT must be host:port');
    return target;
  }
  if (target === '*') {
    if (method !== 'OPTIONS') throw bad('The target * goes with OPTIONS only');
    return host;
  }
  const match = ABSOLUTE.exec(target);
  if (match === null) throw bad('The target of a request must be a path, or a URL of http or https');
  const [, scheme, authority] = match as unknown as [string, string, string];
  if (!AUTHORITY.test(authority)) throw bad('The host in the target of a request is malformed');
  if (host !== undefined && bare(host, scheme) !== bare(authority, scheme))
    throw bad('The target of the request names another host than Host');
  return authority;
}

function bare(authority: string, scheme: string): string {
  return authority.toLowerCase().replace(DEFAULT_PORT[scheme.toLowerCase()]!, '');
}
