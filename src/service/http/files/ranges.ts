/** Byte ranges (RFC 9110, section 14): which parts a client asks for. It knows no file. */

export interface ByteRange {
  readonly first: number;
  /** Of the last byte, which belongs to it. */
  readonly last: number;
}

/**
 * Ranges beyond which a header is ignored and all is sent: many small ones cost more than the whole (RFC 9110, section 17.15).
 * Precedent: Apache's `MaxRanges`, 200.
 */
export const MAX_RANGES = 100;

const BYTES = /^bytes=(.*)$/i;
const RANGE = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * The ranges of a `Range` header that lie in a representation of `size` bytes, in the order asked for; those that overlap or touch
 * are joined and sorted.
 * @returns undefined when the header is to be ignored: another unit, no ranges, or too many; an empty list for 416
 */
export function parseRanges(header: string, size: number): readonly ByteRange[] | undefined {
  const set = BYTES.exec(header)?.[1];
  if (set === undefined) return undefined;
  const specs = set.split(',', MAX_RANGES + 1).map((spec) => spec.trim());
  const named = specs.filter((spec) => spec !== '');
  if (named.length === 0 || specs.length > MAX_RANGES) return undefined;
  const ranges: ByteRange[] = [];
  for (const spec of named) {
    const range = parseRange(spec, size);
    if (range === undefined) return undefined;
    if (range.first <= range.last) ranges.push(range);
  }
  return overlap(ranges) ? join(ranges) : ranges;
}

/** Empty, with its first behind its last, when it lies behind the end. */
function parseRange(spec: string, size: number): ByteRange | undefined {
  const match = RANGE.exec(spec);
  if (match === null) return undefined;
  const [, from, to, suffix] = match;
  if (suffix !== undefined) return { first: Math.max(0, size - Number(suffix)), last: size - 1 };
  const [first, asked] = [Number(from), to === '' ? Number.POSITIVE_INFINITY : Number(to)];
  if (asked < first) return undefined;
  return { first, last: Math.min(asked, size - 1) };
}

function overlap(ranges: readonly ByteRange[]): boolean {
  if (ranges.length < 2) return false;
  const sorted = ranges.toSorted((a, b) => a.first - b.first);
  return sorted.some((range, at) => at > 0 && range.first <= sorted[at - 1]!.last + 1);
}

function join(ranges: readonly ByteRange[]): ByteRange[] {
  const joined: ByteRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.first - b.first)) {
    const previous = joined.at(-1);
    if (previous === undefined || range.first > previous.last + 1) joined.push(range);
    else joined[joined.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
  }
  return joined;
}
