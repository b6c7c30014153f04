/** What a route looks like. It knows no request: `/users/:id/files/*` becomes segments that can be compared. */
import { NetError } from '../../../core/index.ts';

/** Names that a pattern gives to parts of the path, `*` for the rest behind a wildcard. */
export type ParamsOf<Pattern extends string> = Pattern extends `${infer First}/${infer Rest}`
  ? ParamOf<First> & ParamsOf<Rest>
  : ParamOf<Pattern>;

type ParamOf<Segment extends string> = Segment extends `:${infer Name}`
  ? { readonly [Key in Name]: string }
  : Segment extends '*'
    ? { readonly '*': string }
    : unknown;

export interface Pattern {
  readonly text: string;
  /** Decoded; a parameter is `PARAMETER`. The last is empty when the pattern ends with a slash. */
  readonly segments: readonly (string | typeof PARAMETER)[];
  /** Of its parameters in their order; `*` is the last of them for a wildcard. */
  readonly names: readonly string[];
  readonly hasWildcard: boolean;
}

export const PARAMETER: unique symbol = Symbol('parameter');

const NAME = /^[A-Za-z_$][\w$-]*$/;

/**
 * Reads `/static`, `/users/:id`, `/files/*`. A parameter is one whole segment that is not empty; a wildcard stands last and is
 * any number of segments, also none: `/files/*` answers `/files/` but not `/files`.
 * @throws NetError `busy` for a pattern that would never match, or not what it seems to
 */
export function parsePattern(text: string): Pattern {
  if (!text.startsWith('/')) throw bad(text, 'it begins with a slash');
  const parts = text.slice(1).split('/');
  const hasWildcard = parts.at(-1) === '*';
  if (hasWildcard) parts.pop();
  if (parts.some((part, at) => part === '' && (hasWildcard || at < parts.length - 1)))
    throw bad(text, 'no segment is empty but the last');
  const names = parts.filter((part) => part.startsWith(':')).map((part) => part.slice(1));
  const wrong = names.find((name) => !NAME.test(name));
  if (wrong !== undefined)
    throw bad(text, `":${wrong}" is no parameter; it is a whole segment, as in /users/:id`);
  if (new Set(names).size < names.length) throw bad(text, 'each parameter has a name of its own');
  const segments = parts.map((part) => (part.startsWith(':') ? PARAMETER : literal(text, part)));
  return { text, segments, names: hasWildcard ? [...names, '*'] : names, hasWildcard };
}

function literal(pattern: string, segment: string): string {
  if (segment.includes('*')) throw bad(pattern, 'a wildcard is the whole of the last segment');
  if (segment === '.' || segment === '..') throw bad(pattern, 'clients resolve "." and ".." before they ask');
  if (/[?#\\\s]/.test(segment)) throw bad(pattern, `"${segment}" cannot be in a path`);
  const decoded = decodeSegment(segment);
  if (decoded === null) throw bad(pattern, `"${segment}" is no percent-encoding`);
  return decoded;
}

/** `null` when it is no percent-encoded UTF-8. */
export function decodeSegment(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function bad(pattern: string, rule: string): NetError {
  return new NetError('busy', `"${pattern}" is no route: ${rule}`);
}
