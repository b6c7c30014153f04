/** A number of bytes as an argument of the command line. */
import { InvalidArgumentError } from 'commander';
import { parseSize } from '../bytes/index.ts';

/**
 * Bytes, as `parseSize` reads them.
 * @throws InvalidArgumentError which commander turns into a usage error
 */
export function sizeArgument(text: string): number {
  const bytes = parseSize(text);
  if (bytes === null)
    throw new InvalidArgumentError(`"${text}" is no size; write 4096, 64k, 1m or 2g, below 8192t.`);
  return bytes;
}
