/** The name of the files of a certificate. */

/** Characters; a file system takes 255 with the ending. */
const MAX_BASE = 100;

/** `box.local+2` for three names of which the first is box.local; what a shell or a file system would mind becomes `-` or `_`. */
export function baseName(first: string, count: number): string {
  const safe = first
    .replace('*', '_wildcard')
    .replace(/[^\p{L}\p{N}._@+-]+/gu, '-')
    .replace(/^[-.]+/, '')
    .slice(0, MAX_BASE);
  return `${safe === '' ? 'certificate' : safe}${count > 1 ? `+${count - 1}` : ''}`;
}
