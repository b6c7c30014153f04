/**
 * The names that a certificate speaks for: what people type, checked and in the form that a certificate holds. It does
 * not know which of them an authority may vouch for.
 */
import { domainToASCII } from 'node:url';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../bytes/index.ts';
import { NetError } from '../../../core/error.ts';

/** Names of one certificate, as Let's Encrypt has it. */
export const MAX_NAMES = 100;

/** Characters of a domain name without the last dot (RFC 1035 section 2.3.4), and of one label. */
const MAX_DOMAIN = 253;
const MAX_LABEL = 63;
/** Characters of an e-mail address (RFC 5321 section 4.5.3.1) and of a URI, which no RFC bounds. */
const MAX_EMAIL = 254;
const MAX_URI = 2_048;

const LABELS = 'each label consists of letters, digits and hyphens inside';

/** One entry of subjectAltName (RFC 5280 section 4.2.1.6). Domains are lower case and punycode, addresses canonical. */
export interface SubjectName {
  readonly type: 'dns' | 'ip' | 'email' | 'url';
  readonly value: string;
}

/**
 * Reads a domain name (`box.local`, `*.box.local`, `bücher.test`) or an IP address (`127.0.0.1`, `::1`, `[::1]`), for a
 * client also an e-mail address or a URI (`spiffe://…`).
 * @throws NetError `protocol` (fault `local`) that says what is wrong with it
 */
export function parseSubjectName(text: string, use: 'server' | 'client' = 'server'): SubjectName {
  if (text.includes('://')) return parseUri(text, use);
  if (text.includes('@')) return parseEmail(text, use);
  const address = text.replace(/^\[(.*)\]$/, '$1');
  const v4 = parseIpv4(address);
  if (v4 !== null) return { type: 'ip', value: formatIpv4(v4) };
  const v6 = parseIpv6(address);
  if (v6 !== null) return { type: 'ip', value: formatIpv6(v6) };
  if (address.includes('%'))
    throw wrong(text, 'a scope belongs to one machine and cannot be in a certificate');
  if (/^[^:]+:\d+$/.test(text)) throw wrong(text, 'a certificate holds no port; leave it out');
  if (text.includes(':')) throw wrong(text, 'it is no IPv6 address');
  return { type: 'dns', value: parseDomain(text, text) };
}

/**
 * All of them, each once, in their order.
 * @throws NetError as `parseSubjectName`; `limit` for none or more than `MAX_NAMES`
 */
export function parseSubjectNames(texts: readonly string[], use: 'server' | 'client'): SubjectName[] {
  const names = texts.map((text) => parseSubjectName(text, use));
  const unique = new Map(names.map((name) => [`${name.type}:${name.value}`, name]));
  if (use === 'server' && unique.size === 0)
    throw new NetError('limit', 'A certificate of a server needs a name; give for example localhost');
  if (unique.size <= MAX_NAMES) return [...unique.values()];
  throw new NetError('limit', `A certificate holds at most ${MAX_NAMES} names, not ${unique.size}`);
}

/** The domain in ASCII; a wildcard may stand for its whole first label (RFC 9525 section 6.3). */
function parseDomain(text: string, whole: string): string {
  const wildcard = text.startsWith('*.');
  const domain = wildcard ? text.slice(2) : text;
  if (domain === '') throw wrong(whole, 'it is empty');
  if (domain.includes('*')) throw wrong(whole, 'a wildcard is the whole first label, as in *.box.local');
  if (domain.endsWith('.')) throw wrong(whole, 'leave out the last dot');
  // The conversion would take 127.1 and 0x7f000001 for addresses.
  if (/(^|\.)(\d+|0x[\da-f]*)$/i.test(domain))
    throw wrong(whole, 'it ends in a number but is no IPv4 address');
  // The conversion reads a host out of a URL, and would stop at what ends one.
  if (/[^\w.\-\u0080-\u{10ffff}]/u.test(domain)) throw wrong(whole, LABELS);
  const ascii = domainToASCII(domain);
  // Digits come in other scripts too.
  if (parseIpv4(ascii) !== null) throw wrong(whole, 'it reads as an IPv4 address; write that plainly');
  const fault = domainFault(ascii, wildcard);
  if (fault !== undefined) throw wrong(whole, fault);
  return wildcard ? `*.${ascii}` : ascii;
}

function domainFault(ascii: string, wildcard: boolean): string | undefined {
  if (ascii === '') return 'it is no domain name';
  if (ascii.length > MAX_DOMAIN - (wildcard ? 2 : 0)) return `it is longer than ${MAX_DOMAIN} characters`;
  const labels = ascii.split('.');
  // Browsers and OpenSSL do not let `*.local` speak for `box.local`.
  if (wildcard && labels.length < 2) return 'a wildcard needs two labels after it, as in *.box.local';
  for (const label of labels) {
    if (label.length > MAX_LABEL) return `a label is longer than ${MAX_LABEL} characters`;
    if (!/^[a-z\d]([a-z\d-]*[a-z\d])?$/.test(label)) return LABELS;
  }
  return undefined;
}

function parseEmail(text: string, use: 'server' | 'client'): SubjectName {
  if (use === 'server') throw wrong(text, 'an e-mail address is for certificates of clients');
  const at = text.lastIndexOf('@');
  const local = text.slice(0, at);
  if (!/^[\w.!#$%&'*+/=?^`{|}~-]{1,64}$/.test(local))
    throw wrong(text, 'the part before the @ has to be 1 to 64 plain ASCII characters');
  const value = `${local}@${parseDomain(text.slice(at + 1), text)}`;
  if (value.length > MAX_EMAIL) throw wrong(text, `it is longer than ${MAX_EMAIL} characters`);
  return { type: 'email', value };
}

function parseUri(text: string, use: 'server' | 'client'): SubjectName {
  const host = URL.parse(text)?.hostname ?? '';
  if (use === 'server') throw wrong(text, `write the host alone${host === '' ? '' : `: ${host}`}`);
  if (host === '') throw wrong(text, 'it is no URI with a host');
  if (!/^[\x21-\x7e]+$/.test(text)) throw wrong(text, 'a URI consists of printable ASCII');
  if (text.length > MAX_URI) throw wrong(text, `it is longer than ${MAX_URI} characters`);
  return { type: 'url', value: text };
}

function wrong(text: string, what: string): NetError {
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  return new NetError('protocol', `Bad name ${JSON.stringify(shown)} for a certificate: ${what}`, {
    fault: 'local',
  });
}
