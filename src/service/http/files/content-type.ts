/** The type of a file by its name. It opens nothing. */
import { mimes } from 'mrmime';

/** Text in the encoding of today: whoever has files in another names their types. */
const CHARSET = '; charset=utf-8';

/** Types outside `text/` that are text. */
const TEXTUAL = /^(?:text\/|application\/(?:javascript|json|xml|manifest\+json|ld\+json)$|image\/svg\+xml$)/;

const UNKNOWN = 'application/octet-stream';

/** What the table has otherwise than the web means it. */
const OWN: Readonly<Record<string, string>> = {
  // RFC 9239, section 6.
  js: 'text/javascript',
  mjs: 'text/javascript',
  cjs: 'text/javascript',
  // As the table has it a TypeScript source is a film.
  ts: 'text/plain',
  tsx: 'text/plain',
  mts: 'text/plain',
  cts: 'text/plain',
  log: 'text/plain',
  ico: 'image/x-icon',
};

/** @param own types by extension, in lower case and without a dot, that come first */
export function contentTypeOf(name: string, own: Readonly<Record<string, string>> = {}): string {
  const dot = name.lastIndexOf('.');
  const extension = dot < 0 ? '' : name.slice(dot + 1).toLowerCase();
  if (Object.hasOwn(own, extension)) return own[extension]!;
  const table = Object.hasOwn(OWN, extension) ? OWN : mimes;
  const type = Object.hasOwn(table, extension) ? table[extension]! : UNKNOWN;
  return TEXTUAL.test(type) ? type + CHARSET : type;
}
