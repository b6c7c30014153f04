/**
 * Addresses: one URL names an endpoint everywhere, in code and on the command line.
 *
 * This file knows how they are written and nothing about what they lead to; whether a scheme has a transport is
 * for the transports to say.
 */
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../bytes/ip.ts';
import { NetError } from './error.ts';

/** Options of an endpoint, as they ride in the query: `?nodelay&backlog=1024`. A bare name has the value `''`. */
export type AddressOptions = Readonly<Record<string, string>>;

interface AddressBase {
  /** Lower case, without the colon. */
  readonly scheme: string;
  readonly options: AddressOptions;
  /** The URL, in canonical form; parsing it gives an equal address. */
  toString(): string;
}

/** `tcp://127.0.0.1:7000`, `udp://[::1]:7000`, `ws://example.net/chat` */
export interface InetAddress extends AddressBase {
  readonly kind: 'inet';
  /** An IPv4 or IPv6 address in canonical text without brackets, with `%scope` where it has one, or a name. */
  readonly host: string;
  /** 4 or 6 when `host` is an address, 0 when it is a name. */
  readonly family: 0 | 4 | 6;
  /** 0 to 65535; 0 asks a listener for a free port. */
  readonly port: number;
  /** From the first slash on, still percent-encoded; `''` when there is none. */
  readonly path: string;
}

/** `unix:///run/app.sock`, `unix:./app.sock`, `unix:@abstract`; an unnamed socket has the path `''`. */
export interface UnixAddress extends AddressBase {
  readonly kind: 'unix';
  /** The path, or the abstract name without its `@`. */
  readonly path: string;
  readonly abstract: boolean;
}

/** `memory:name`, `stdio:`, `exec:command` */
export interface NamedAddress extends AddressBase {
  readonly kind: 'named';
  readonly name: string;
}

export type Address = InetAddress | UnixAddress | NamedAddress;

/** Schemes whose port may be left out. Registered with IANA. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { ftp: 21, http: 80, https: 443, ws: 80, wss: 443 };

/** Longer is no address but an attack or an accident; precedent: 2,048 is what browsers and proxies take. */
const MAX_ADDRESS_LENGTH = 2048;

const NO_OPTIONS: AddressOptions = Object.freeze({});

/**
 * Reads an address.
 * @throws NetError `protocol` (fault `local`) that names the part which is wrong.
 */
export function parseAddress(text: string): Address {
  if (text.length > MAX_ADDRESS_LENGTH) {
    throw wrong(`${text.slice(0, 40)}…`, `it is longer than ${MAX_ADDRESS_LENGTH} characters`);
  }
  // Half a surrogate pair has no encoding, so it could not be printed again.
  if (!text.isWellFormed()) throw wrong(text.toWellFormed(), 'it is no valid Unicode');
  const scheme = schemeOf(text);
  if (scheme === undefined)
    throw wrong(text, 'the scheme is missing; write for example tcp://127.0.0.1:7000');
  const rest = text.slice(scheme.length + 1);
  if (scheme === 'exec') return namedAddress(scheme, execCommand(text, rest));
  const { body, options } = splitOptions(text, rest);
  if (scheme === 'unix') return parseUnix(text, body, options);
  if (scheme === 'memory' || scheme === 'stdio')
    return namedAddress(scheme, decode(text, body, 'name'), options);
  if (!body.startsWith('//')) throw wrong(text, `after "${scheme}:" two slashes and a host are expected`);
  return parseInet(text, scheme, body.slice(2), options);
}

/** Lower case and without the colon; `undefined` where there is none. The rest of the text may be wrong. */
export function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
}

/** An address where a caller may have given its text. */
export function toAddress(address: Address | string): Address {
  return typeof address === 'string' ? parseAddress(address) : address;
}

export function inetAddress(
  scheme: string,
  host: string,
  port: number,
  more: { path?: string; options?: AddressOptions } = {},
): InetAddress {
  const path = more.path ?? '';
  const options = more.options ?? NO_OPTIONS;
  const family = host.includes(':') ? 6 : parseIpv4(host) === null ? 0 : 4;
  return {
    kind: 'inet',
    scheme,
    host,
    family,
    port,
    path,
    options,
    toString: () =>
      `${scheme}://${family === 6 ? `[${formatScope(host)}]` : host}:${port}${path}${formatOptions(options)}`,
  };
}

/** A scope that begins with 25, such as the index of the 251st interface, would be read as one that is percent-encoded. */
function formatScope(host: string): string {
  return host.replace(/%(?=25)/, '%25');
}

export function unixAddress(
  path: string,
  more: { abstract?: boolean; options?: AddressOptions } = {},
): UnixAddress {
  const abstract = more.abstract ?? false;
  const options = more.options ?? NO_OPTIONS;
  const lead = abstract ? '@' : path.startsWith('/') ? '//' : path.startsWith('@') ? './' : '';
  return {
    kind: 'unix',
    scheme: 'unix',
    path,
    abstract,
    options,
    toString: () => `unix:${lead}${encodePath(path)}${formatOptions(options)}`,
  };
}

export function namedAddress(
  scheme: string,
  name: string,
  options: AddressOptions = NO_OPTIONS,
): NamedAddress {
  const text = scheme === 'exec' ? name : encodePath(name);
  return {
    kind: 'named',
    scheme,
    name,
    options,
    toString: () => `${scheme}:${text}${formatOptions(options)}`,
  };
}

/** The same endpoint on another port: what a listener on port 0 got. */
export function withPort(address: InetAddress, port: number): InetAddress {
  return inetAddress(address.scheme, address.host, port, address);
}

function parseUnix(text: string, body: string, options: AddressOptions): UnixAddress {
  const path = decode(text, body.startsWith('//') ? body.slice(2) : body, 'path');
  if (body.startsWith('//') && !path.startsWith('/')) {
    throw wrong(
      text,
      'the path after "unix://" is not absolute; write unix:///run/app.sock, or unix:app.sock for a relative one',
    );
  }
  if (path === '' || path === '@')
    throw wrong(text, 'the path is missing; write unix:///run/app.sock or unix:@name');
  if (path.startsWith('@')) return unixAddress(path.slice(1), { abstract: true, options });
  if (path.includes('\0')) throw wrong(text, 'the path contains a NUL');
  return unixAddress(path, { options });
}

function parseInet(text: string, scheme: string, rest: string, options: AddressOptions): InetAddress {
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  if (/[\0-\x20\x7f]/.test(path))
    throw wrong(text, 'the path contains a space or a control character; percent-encode it');
  if (authority.includes('@'))
    throw wrong(text, 'a user name and password in front of the host are not taken');
  const bracket = authority.lastIndexOf(']');
  const colon = authority.indexOf(':', bracket + 1);
  const host = colon < 0 ? authority : authority.slice(0, colon);
  const port = parsePort(text, scheme, colon < 0 ? '' : authority.slice(colon + 1));
  return inetAddress(scheme, parseHost(text, host), port, { path, options });
}

function parsePort(text: string, scheme: string, port: string): number {
  if (port === '') {
    const known = DEFAULT_PORTS[scheme];
    if (known !== undefined) return known;
    throw wrong(text, `the port is missing; write for example ${scheme}://127.0.0.1:7000`);
  }
  const value = Number(port);
  if (!/^\d{1,5}$/.test(port) || value > 65535)
    throw wrong(text, `the port "${port}" is not a number from 0 to 65535`);
  return value;
}

function parseHost(text: string, host: string): string {
  // Nothing is reachable from outside unless it was asked for by name.
  if (host === '') return '127.0.0.1';
  if (host.startsWith('[')) return parseIpv6Host(text, host);
  const v4 = parseIpv4(host);
  if (v4 !== null) return formatIpv4(v4);
  if (/^[\d.]+$/.test(host)) throw wrong(text, `the host "${host}" is not an IPv4 address`);
  // RFC 1123 section 2.1, with the underscore that names of services use.
  if (
    !/^(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i.test(
      host,
    )
  ) {
    throw wrong(
      text,
      `the host "${host}" is neither a name nor an IPv4 address${host.includes(':') ? '; an IPv6 address goes into brackets' : ''}`,
    );
  }
  return host.toLowerCase();
}

/** Brackets as in RFC 3986 section 3.2.2; a scope as in RFC 4007 section 11, `%` bare or written `%25`. */
function parseIpv6Host(text: string, host: string): string {
  const match = /^\[([^%\]]*)(?:%(?:25)?([\w.-]{1,32}))?\]$/.exec(host);
  const bytes = match === null ? null : parseIpv6(match[1]!);
  if (match === null || bytes === null)
    throw wrong(text, `the host "${host}" is not an IPv6 address in brackets`);
  return match[2] === undefined ? formatIpv6(bytes) : `${formatIpv6(bytes)}%${match[2]}`;
}

function execCommand(text: string, command: string): string {
  if (command.trim() === '') throw wrong(text, 'the command is missing; write for example exec:cat');
  if (command.includes('\0')) throw wrong(text, 'the command contains a NUL');
  return command;
}

function splitOptions(text: string, rest: string): { body: string; options: AddressOptions } {
  if (rest.includes('#'))
    throw wrong(text, 'a fragment ("#…") has no meaning here; write %23 for the character');
  const mark = rest.indexOf('?');
  if (mark < 0) return { body: rest, options: NO_OPTIONS };
  const options: Record<string, string> = {};
  for (const pair of rest.slice(mark + 1).split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (!/^[a-z][a-z0-9-]*$/.test(name)) throw wrong(text, `the option "${name}" is not a name`);
    if (Object.hasOwn(options, name)) throw wrong(text, `the option "${name}" is there twice`);
    options[name] = equals < 0 ? '' : decode(text, pair.slice(equals + 1), `option "${name}"`);
  }
  return { body: rest.slice(0, mark), options: Object.freeze(options) };
}

function formatOptions(options: AddressOptions): string {
  const pairs = Object.entries(options).map(([name, value]) =>
    value === '' ? name : `${name}=${encodeURIComponent(value)}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function decode(text: string, part: string, what: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw wrong(text, `the ${what} has a "%" that is not followed by the hex digits of UTF-8`);
  }
}

/** Everything that would end the path or not survive a terminal is escaped; slashes stay. */
function encodePath(path: string): string {
  return path.replace(/[^\w\-./~!$&'()*+,;=:@]/gu, (character) => encodeURIComponent(character));
}

function wrong(text: string, why: string): NetError {
  return new NetError('protocol', `Bad address "${text}": ${why}`, { fault: 'local' });
}
