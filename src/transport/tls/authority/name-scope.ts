/**
 * What an authority may vouch for: domains and networks, as name constraints of its certificate (RFC 5280 section
 * 4.2.1.10). Clients enforce them, so a stolen key of an authority that is limited to private names is of no use
 * against the sites of others.
 */
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../bytes/index.ts';
import { NetError } from '../../../core/error.ts';
import { parseSubjectName, type SubjectName } from './subject-name.ts';

/**
 * Names that nobody can own on the internet: RFC 6761 (localhost, test, example), RFC 6762 (local), RFC 8375 (home.arpa),
 * `internal`, which ICANN reserved in 2024, and `lan`, which routers give away. Networks: loopback, RFC 1918, link-local,
 * RFC 6598 (100.64/10), unique local (RFC 4193). A domain includes what lies below it.
 */
export const PRIVATE_SCOPE: readonly string[] = [
  'localhost',
  'local',
  'test',
  'internal',
  'home.arpa',
  'lan',
  'example',
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

/** Whether a name lies in one of the scope's domains or networks. E-mail addresses and URIs are not constrained. */
export function isInScope({ type, value }: SubjectName, scope: readonly string[]): boolean {
  if (type === 'email' || type === 'url') return true;
  if (type === 'dns') return scope.some((base) => isBelow(value, base));
  const address = parseIp(value)!;
  return scope.some((entry) => {
    const network = parseNetwork(entry);
    return network !== null && isMember(address, network);
  });
}

/** OID of the extension. */
export const NAME_CONSTRAINTS = '2.5.29.30';
const NAME_CONSTRAINTS_DER = Buffer.from('551d1e', 'hex');

/**
 * The value of the nameConstraints extension, in DER.
 * @throws NetError `protocol` (fault `local`) for an entry that is neither a domain nor an address nor a network
 */
export function encodeScope(scope: readonly string[]): Uint8Array {
  const subtrees = scope.map((entry) => tlv(SEQUENCE, encodeBase(entry)));
  return tlv(SEQUENCE, tlv(PERMITTED, Buffer.concat(subtrees)));
}

/** The scope in the value of a nameConstraints extension. What it does not understand it leaves out. */
export function decodeScope(value: Uint8Array): string[] {
  const permitted = elements(elements(value)[0]?.value).find(({ tag }) => tag === PERMITTED);
  return elements(permitted?.value).flatMap((subtree) => {
    const base = elements(subtree.value)[0];
    if (base?.tag === DNS_NAME) return [Buffer.from(base.value).toString('latin1')];
    return base?.tag === IP_ADDRESS ? [formatNetwork(base.value)] : [];
  });
}

/** The scope of a certificate, given in DER (RFC 5280 section 4.1); `undefined` where it has no constraints. */
export function scopeOfCertificate(der: Uint8Array): string[] | undefined {
  const body = elements(elements(elements(der)[0]?.value)[0]?.value);
  const extensions = elements(elements(body.find(({ tag }) => tag === EXTENSIONS)?.value)[0]?.value);
  for (const extension of extensions) {
    const fields = elements(extension.value);
    if (NAME_CONSTRAINTS_DER.equals(fields[0]!.value)) return decodeScope(fields.at(-1)!.value);
  }
  return undefined;
}

interface Network {
  readonly address: Uint8Array;
  readonly mask: Uint8Array;
}

function isBelow(domain: string, base: string): boolean {
  return domain === base || domain.endsWith(`.${base}`);
}

function isMember(address: Uint8Array, network: Network): boolean {
  return (
    address.length === network.address.length &&
    address.every((byte, index) => ((byte ^ network.address[index]!) & network.mask[index]!) === 0)
  );
}

function parseIp(text: string): Uint8Array | null {
  return parseIpv4(text) ?? parseIpv6(text);
}

/** `10.0.0.0/8`, or an address alone. */
function parseNetwork(text: string): Network | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = parseIp(match?.[1] ?? '');
  if (address === null) return null;
  const bits = match?.[2] === undefined ? address.length * 8 : Number(match[2]);
  if (bits > address.length * 8) return null;
  const mask = address.map((_, index) => 0xff00 >> Math.min(8, Math.max(0, bits - index * 8)));
  return { address: address.map((byte, index) => byte & mask[index]!), mask };
}

function formatNetwork(bytes: Uint8Array): string {
  const half = bytes.length / 2;
  const bits = bytes
    .subarray(half)
    .reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
  return `${half === 4 ? formatIpv4(bytes) : formatIpv6(bytes)}/${bits}`;
}

// DER: a tag, a length, a value (ITU-T X.690 section 8.1). GeneralName and permittedSubtrees are context-specific.
const SEQUENCE = 0x30;
const EXTENSIONS = 0xa3;
const PERMITTED = 0xa0;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

function encodeBase(entry: string): Uint8Array {
  const network = parseNetwork(entry);
  if (network !== null) return tlv(IP_ADDRESS, Buffer.concat([network.address, network.mask]));
  if (entry.includes('/'))
    throw new NetError('protocol', `Bad network "${entry}": write for example 10.0.0.0/8`, {
      fault: 'local',
    });
  const { type, value } = parseSubjectName(entry);
  if (type !== 'dns' || value.startsWith('*.'))
    throw new NetError(
      'protocol',
      `Bad domain "${entry}": it includes what lies below it without a wildcard`,
      {
        fault: 'local',
      },
    );
  return tlv(DNS_NAME, Buffer.from(value, 'latin1'));
}

function tlv(tag: number, value: Uint8Array): Uint8Array {
  const { length } = value;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.of(tag, ...head), value]);
}

/** The elements of a value, one after the other; stops at what is cut off. */
function elements(data: Uint8Array = new Uint8Array(0)): { tag: number; value: Uint8Array }[] {
  const found: { tag: number; value: Uint8Array }[] = [];
  for (let position = 0; position + 2 <= data.length; ) {
    const tag = data[position]!;
    const first = data[position + 1]!;
    const extra = first < 0x80 ? 0 : first & 0x7f;
    const start = position + 2 + extra;
    const length =
      extra === 0 ? first : data.subarray(position + 2, start).reduce((n, byte) => n * 256 + byte, 0);
    if (start + length > data.length) break;
    found.push({ tag, value: data.subarray(start, start + length) });
    position = start + length;
  }
  return found;
}
