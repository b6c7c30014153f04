/** The path of a URL as the path of a file, relative to a root. It opens nothing, and lets nothing through that could lead out. */

export interface FilePath {
  /** Segments joined with `/`, decoded; empty for the root itself. */
  readonly path: string;
  /** Whether the URL ends with a slash. */
  readonly isFolder: boolean;
}

/** RFC 8615: what sites publish for machines lies in a folder with a dot. */
const WELL_KNOWN = '.well-known';

/**
 * @param raw as it was sent, still percent-encoded; it is decoded once
 * @param dotfiles whether names that begin with a dot exist
 * @returns 400 for a percent-encoding that is none and for NUL, 404 for what can be no name in a folder
 */
export function filePath(raw: string, dotfiles: boolean): FilePath | 400 | 404 {
  if (!raw.startsWith('/')) return 404;
  const decoded = decode(raw);
  if (decoded === null || decoded.includes('\0')) return 400;
  const parts = decoded.slice(1).split('/');
  const isFolder = parts.at(-1) === '';
  if (isFolder) parts.pop();
  // A slash or a backslash that was escaped, and the empty names of "//", have no place in a name.
  if (decoded.includes('\\') || countOf('/', decoded) !== countOf('/', raw)) return 404;
  return parts.every((part) => isName(part, dotfiles)) ? { path: parts.join('/'), isFolder } : 404;
}

function isName(part: string, dotfiles: boolean): boolean {
  if (part === '' || part === '.' || part === '..') return false;
  return dotfiles || !part.startsWith('.') || part === WELL_KNOWN;
}

function decode(raw: string): string | null {
  if (!raw.includes('%')) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return null;
  }
}

function countOf(character: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) count++;
  return count;
}
