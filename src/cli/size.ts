/** A number of bytes as people type it. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/**
 * Bytes of `4096`, `64k`, `1m`, `1.5g`, in powers of 1024 and either case; a final `b` or `ib` is allowed (`64KiB`).
 * @throws InvalidArgumentError which commander turns into a usage error
 */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kmgt]?)(?:(?<=[kmgt])i)?b?$/.exec(text.toLowerCase());
  if (match === null) throw new InvalidArgumentError(`"${text}" is no size; write 4096, 64k, 1m or 2g.`);
  const bytes = Math.round(Number(match[1]) * UNITS[match[2]!]!);
  if (bytes > Number.MAX_SAFE_INTEGER) throw new InvalidArgumentError(`"${text}" is too large.`);
  return bytes;
}
