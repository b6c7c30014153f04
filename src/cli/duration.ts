/** A span of time as people type it. */
import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1_000,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Longest delay that a timer takes: 2^31 - 1 ms, about 24.8 days. */
const MAX_MS = 0x7fff_ffff;

/**
 * Milliseconds of `500ms`, `10s`, `2m`, `1.5h`, `1d`, as long as a timer can wait; a number alone is seconds.
 * @throws InvalidArgumentError which commander turns into a usage error
 */
export function parseDuration(text: string): number {
  const ms = parseAge(text);
  if (ms > MAX_MS) throw new InvalidArgumentError(`"${text}" is too long; at most 24d.`);
  return ms;
}

/** As `parseDuration`, for a span that nobody waits for, of any length. */
export function parseAge(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|)$/.exec(text);
  if (match === null) throw new InvalidArgumentError(`"${text}" is no duration; write 500ms, 10s, 2m or 1h.`);
  return Math.round(Number(match[1]) * UNITS[match[2]!]!);
}
