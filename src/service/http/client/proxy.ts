/**
 * Which proxy a request takes: as told, or as the environment says, with the rules that curl documents (curl(1),
 * "Environment" and `--noproxy`). It connects to nothing.
 */
import { parseIpv4, parseIpv6 } from '../../../bytes/index.ts';
import { NetError } from '../../../core/index.ts';

export interface HttpProxy {
  /** Without user and password: `http://127.0.0.1:3128`. */
  readonly origin: string;
  readonly secure: boolean;
  /** A name or an address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** For `Proxy-Authorization`, from the user and password of the URL (RFC 7617). */
  readonly authorization: string | undefined;
}

/**
 * - a URL: all requests go through it
 * - `environment`: as `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say
 * - `false`: none
 */
export type ProxyOption = string | URL | false;

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, or none.
 * @throws NetError `unsupported` for one that is not HTTP, `protocol` (fault `local`) for a bad URL
 */
export function proxyFor(
  url: URL,
  option: ProxyOption | undefined,
  environment: Environment = process.env,
): HttpProxy | undefined {
  if (option === undefined || option === false || option === '') return undefined;
  if (option !== 'environment') return parseProxy(String(option));
  const named = proxyOf(url, environment);
  if (named === undefined || named === '' || isExcluded(url, variable(environment, 'no_proxy') ?? ''))
    return undefined;
  return parseProxy(named);
}

/** The first variable that is set. Only `http_proxy` has no upper case form: a CGI program has a stranger's header there. */
function proxyOf(url: URL, environment: Environment): string | undefined {
  const own = url.protocol === 'https:' ? variable(environment, 'https_proxy') : environment.http_proxy;
  return own ?? variable(environment, 'all_proxy');
}

function variable(environment: Environment, name: string): string | undefined {
  return environment[name] ?? environment[name.toUpperCase()];
}

/** `host:port` and `http://user:password@host:port`; the port is 1080 where none is given, as with curl. */
function parseProxy(text: string): HttpProxy {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(full)) throw local(`the proxy's URL is none; write for example http://127.0.0.1:3128`);
  const url = new URL(full);
  const { protocol, hostname, port } = url;
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new NetError(
      'unsupported',
      `a proxy of "${protocol}" is not supported; there are http: and https: ones`,
    );
  }
  const secure = protocol === 'https:';
  const number = port === '' ? defaultPort(full, secure) : Number(port);
  const host = bare(hostname);
  return {
    origin: `${protocol}//${hostname}:${number}`,
    secure,
    host,
    port: number,
    authorization: basicOf(url),
  };
}

/** A `URL` drops a port that is the scheme's own, so the text must say whether one was given. */
function defaultPort(text: string, secure: boolean): number {
  const authority = text.replace(/^[a-z]+:\/\//i, '').replace(/^[^/?#]*@/, '');
  const given = /^(?:\[[^\]]*\]|[^:/?#]*):(\d+)/.exec(authority)?.[1];
  if (given !== undefined) return Number(given);
  return secure ? 443 : 1080;
}

/** `Basic …` of the user and password in a URL; `undefined` when there are none. */
export function basicOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decoded(username)}:${decoded(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Whether `no_proxy` names the host: a list by commas or spaces of `*` for all, names that stand for themselves and all
 * below them, with or without a leading dot, addresses, and blocks of addresses (`192.168.0.0/16`).
 */
function isExcluded(url: URL, list: string): boolean {
  if (list.trim() === '*') return true;
  const host = bare(url.hostname).replace(/\.$/, '').toLowerCase();
  const address = parseIpv4(host) ?? parseIpv6(host);
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => (address === null ? isBelow(host, entry) : isWithin(address, entry)));
}

function isBelow(host: string, entry: string): boolean {
  const name = entry.replace(/^\./, '').replace(/\.$/, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isWithin(address: Uint8Array, entry: string): boolean {
  const [text = '', prefix] = entry.split('/');
  const other = parseIpv4(text) ?? parseIpv6(bare(text));
  if (other === null || other.length !== address.length) return false;
  const bits = prefix === undefined ? address.length * 8 : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > address.length * 8) return false;
  return sameBits(address, other, bits);
}

function sameBits(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) if (a[at] !== b[at]) return false;
  const rest = bits & 7;
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0;
}

/** The host without the brackets of IPv6. */
export function bare(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function local(why: string): NetError {
  return new NetError('protocol', why, { fault: 'local' });
}
