/** A number of bytes as people type it. */

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Bytes of `4096`, `64k`, `1m`, `1.5g`, in powers of 1024 and either case; a final `b` or `ib` is allowed (`64KiB`).
 * `null` when it is no size, or one beyond the exact integers.
 */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+(?=[kmgt]))?)([kmgt]?)(?:(?<=[kmgt])i)?b?$/.exec(text.toLowerCase());
  if (match === null) return null;
  const bytes = Math.round(Number(match[1]) * UNITS[match[2]!]!);
  return Number.isSafeInteger(bytes) ? bytes : null;
}
