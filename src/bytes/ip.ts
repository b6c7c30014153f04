/**
 * IP addresses as text and as bytes in network order. It knows no ports, no names and no scopes: a zone
 * (`%eth0`) belongs to whoever holds the interface.
 */

const DOT = 0x2e;
const ZERO = 0x30;

/**
 * The four bytes of a dotted decimal address, or `null` when it is not one. A part with a leading zero is
 * refused, because some systems read it as octal (RFC 6943 section 3.1.1).
 */
export function parseIpv4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4);
  return readIpv4(text, 0, bytes, 0) ? bytes : null;
}

/**
 * The sixteen bytes of any of the forms of RFC 4291 section 2.2, or `null`. A scope is not part of the
 * address.
 */
export function parseIpv6(text: string): Uint8Array | null {
  const gap = text.indexOf('::');
  const head = gap < 0 ? text : text.slice(0, gap);
  const tail = gap < 0 ? '' : text.slice(gap + 2);
  const bytes = new Uint8Array(16);
  // The tail is read to the front first, because only its length tells where it belongs.
  const before = head === '' && gap >= 0 ? 0 : readGroups(head, bytes, gap < 0);
  if (before < 0) return null;
  if (gap < 0) return before === 16 ? bytes : null;
  const rest = new Uint8Array(16);
  const after = tail === '' ? 0 : readGroups(tail, rest, true);
  // `::` stands for one group of zeros or more.
  if (after < 0 || before + after > 14) return null;
  bytes.set(rest.subarray(0, after), 16 - after);
  return bytes;
}

/** Dotted decimal text of the four bytes at `offset`. */
export function formatIpv4(bytes: Uint8Array, offset = 0): string {
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/**
 * Canonical text (RFC 5952) of the sixteen bytes at `offset`: lower case, no leading zeros, the first of the
 * longest runs of two zero groups or more as `::`, and IPv4-mapped addresses with a dotted end (section 5).
 */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  if (isIpv4Mapped(bytes, offset)) return `::ffff:${formatIpv4(bytes, offset + 12)}`;
  const run = longestZeroRun(bytes, offset);
  if (run.length < 2) return formatGroups(bytes, offset, 0, 8);
  const end = run.start + run.length;
  return `${formatGroups(bytes, offset, 0, run.start)}::${formatGroups(bytes, offset, end, 8)}`;
}

/**
 * Whether the sixteen bytes at `offset` are `::ffff:0:0/96`, an IPv4 address as a dual-stack socket shows it.
 */
export function isIpv4Mapped(bytes: Uint8Array, offset = 0): boolean {
  for (let index = 0; index < 10; index++) if (bytes[offset + index] !== 0) return false;
  return bytes[offset + 10] === 0xff && bytes[offset + 11] === 0xff;
}

/**
 * What counts as one where connections are limited: an IPv4 address, also as IPv6 shows it, or an IPv6 network of 64 bits, of which
 * one machine has all addresses (RFC 6177), as `2001:db8:0:1::/64`. Text that is no address, such as a name, stands for itself.
 */
export function networkOf(host: string): string {
  const bytes = host.includes(':') ? parseIpv6(host.replace(/%.*$/, '')) : null;
  if (bytes === null) return host;
  if (isIpv4Mapped(bytes)) return formatIpv4(bytes, 12);
  return `${formatIpv6(bytes.fill(0, 8))}/64`;
}

/** Reads `a.b.c.d`, the whole of `text` from `start`, into `bytes` at `offset`. */
function readIpv4(text: string, start: number, bytes: Uint8Array, offset: number): boolean {
  if (text.length - start < 7 || text.length - start > 15) return false;
  let position = start;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text.charCodeAt(position++) !== DOT) return false;
    const first = position;
    let value = 0;
    while (position < text.length && position - first < 3 && isDigit(text.charCodeAt(position))) {
      value = value * 10 + text.charCodeAt(position++) - ZERO;
    }
    const leadingZero = position - first > 1 && text.charCodeAt(first) === ZERO;
    if (position === first || leadingZero || value > 255) return false;
    bytes[offset + part] = value;
  }
  return position === text.length;
}

/**
 * Reads groups separated by `:` into the front of `bytes` and returns how many bytes they fill, or -1. The
 * last may be dotted decimal where `dotted` allows it.
 */
function readGroups(text: string, bytes: Uint8Array, dotted: boolean): number {
  let position = 0;
  for (let filled = 0; filled < 16; filled += 2) {
    const colon = text.indexOf(':', position);
    const end = colon < 0 ? text.length : colon;
    if (dotted && colon < 0 && text.indexOf('.', position) >= 0) {
      return filled <= 12 && readIpv4(text, position, bytes, filled) ? filled + 4 : -1;
    }
    const value = readGroup(text, position, end);
    if (value < 0) return -1;
    bytes[filled] = value >> 8;
    bytes[filled + 1] = value & 0xff;
    if (colon < 0) return filled + 2;
    position = colon + 1;
  }
  return -1;
}

/** One to four hexadecimal digits, or -1. */
function readGroup(text: string, start: number, end: number): number {
  if (end === start || end - start > 4) return -1;
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = hexDigit(text.charCodeAt(position));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function hexDigit(code: number): number {
  if (isDigit(code)) return code - ZERO;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function group(bytes: Uint8Array, offset: number, index: number): number {
  return (bytes[offset + index * 2]! << 8) | bytes[offset + index * 2 + 1]!;
}

function formatGroups(bytes: Uint8Array, offset: number, from: number, to: number): string {
  let text = '';
  for (let index = from; index < to; index++) {
    text += `${index > from ? ':' : ''}${group(bytes, offset, index).toString(16)}`;
  }
  return text;
}

function longestZeroRun(bytes: Uint8Array, offset: number): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index < 8; index++) {
    if (group(bytes, offset, index) !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
