/**
 * Finds the route of a method and a path. It knows no request and no handler: what is found is whatever was added.
 *
 * Plain paths are found in a map. The others are walked segment by segment: a segment that is written out comes before a
 * parameter, and that before a wildcard; where one leads nowhere the next is tried, so each node is visited at most once.
 */
import { NetError } from '../../../core/index.ts';
import { decodeSegment, PARAMETER, type Pattern, parsePattern } from './pattern.ts';

/** Segments of a path. Precedent: twice what the deepest trees of packages have. */
export const MAX_SEGMENTS = 256;

/** Characters of a path. Precedent: the default of nginx's `large_client_header_buffers`, 8k for a request line. */
export const MAX_PATH = 8192;

/** Stands for every method that has no route of its own. */
export const ANY = '*';

export interface Route<T> {
  readonly pattern: Pattern;
  readonly value: T;
}

export interface Found<T> {
  readonly value: T;
  /** By name, decoded; left out when the pattern names nothing. */
  readonly params: Readonly<Record<string, string>> | undefined;
}

/** Why nothing was found: by status of RFC 9110. */
export interface Missed {
  readonly status: 400 | 404 | 405 | 414;
  /** Methods that the path has; empty unless the status is 405. */
  readonly allowed: readonly string[];
}

class Node<T> {
  readonly statics = new Map<string, Node<T>>();
  parameter: Node<T> | undefined;
  /** By method: what ends here. */
  readonly routes = new Map<string, Route<T>>();
  /** By method: what begins here and takes the rest. */
  readonly wildcards = new Map<string, Route<T>>();
}

const NO_METHODS: readonly string[] = Object.freeze([]);

/** Methods that a search looks for, the preferred one first: HEAD is answered by GET (RFC 9110, section 9.3.2). */
type Wanted = readonly string[];
const GET: Wanted = ['GET', ANY];
const HEAD: Wanted = ['HEAD', 'GET', ANY];

export class RouteTree<T> {
  readonly #root = new Node<T>();
  /** Nodes without parameters, by the path as it is sent. */
  readonly #plain = new Map<string, Node<T>>();

  /** @throws NetError `busy` when the route exists already, also when only the names of its parameters differ */
  add(method: string, text: string, value: T): void {
    const pattern = parsePattern(text);
    let node = this.#root;
    for (const segment of pattern.segments) node = child(node, segment);
    const routes = pattern.hasWildcard ? node.wildcards : node.routes;
    const other = routes.get(method);
    if (other !== undefined) throw conflict(method, text, other.pattern.text);
    routes.set(method, { pattern, value });
    if (pattern.names.length === 0) this.#plain.set(text, node);
  }

  find(method: string, path: string): Found<T> | Missed {
    const wanted = wantedOf(method);
    const plain = this.#plain.get(path);
    const exact = plain === undefined ? undefined : pick(plain.routes, wanted);
    if (exact !== undefined) return { value: exact.value, params: undefined };
    const segments = split(path);
    if (!Array.isArray(segments)) return segments as Missed;
    const route = search(this.#root, segments, 0, wanted);
    if (route !== undefined) return { value: route.value, params: paramsOf(route.pattern, segments) };
    const allowed = this.#methods(segments);
    return { status: allowed.length === 0 ? 404 : 405, allowed };
  }

  /** The methods that this path has a route for. */
  #methods(segments: readonly string[]): readonly string[] {
    const methods = new Set<string>();
    visit(this.#root, segments, 0, methods);
    return methods.size === 0 ? NO_METHODS : [...methods];
  }
}

function child<T>(node: Node<T>, segment: string | typeof PARAMETER): Node<T> {
  if (segment === PARAMETER) {
    node.parameter ??= new Node();
    return node.parameter;
  }
  const existing = node.statics.get(segment);
  if (existing !== undefined) return existing;
  const made = new Node<T>();
  node.statics.set(segment, made);
  return made;
}

function wantedOf(method: string): Wanted {
  if (method === 'GET') return GET;
  if (method === 'HEAD') return HEAD;
  return [method, ANY];
}

function pick<T>(routes: Map<string, Route<T>>, wanted: Wanted): Route<T> | undefined {
  for (const method of wanted) {
    const route = routes.get(method);
    if (route !== undefined) return route;
  }
  return undefined;
}

/** The segments of a path, decoded. */
function split(path: string): string[] | Missed {
  if (path.length > MAX_PATH) return { status: 414, allowed: NO_METHODS };
  if (!path.startsWith('/')) return { status: 404, allowed: NO_METHODS };
  const segments = path.slice(1).split('/', MAX_SEGMENTS + 1);
  if (segments.length > MAX_SEGMENTS) return { status: 414, allowed: NO_METHODS };
  if (!path.includes('%')) return segments;
  const decoded = segments.map(decodeSegment);
  return decoded.includes(null) ? { status: 400, allowed: NO_METHODS } : (decoded as string[]);
}

function search<T>(
  node: Node<T>,
  segments: readonly string[],
  at: number,
  wanted: Wanted,
): Route<T> | undefined {
  if (at === segments.length) return pick(node.routes, wanted);
  const segment = segments[at]!;
  const next = node.statics.get(segment);
  const exact = next === undefined ? undefined : search(next, segments, at + 1, wanted);
  if (exact !== undefined) return exact;
  const isNamed = segment !== '' && node.parameter !== undefined;
  const named = isNamed ? search(node.parameter!, segments, at + 1, wanted) : undefined;
  return named ?? pick(node.wildcards, wanted);
}

/** As `search`, for whatever method. */
function visit<T>(node: Node<T>, segments: readonly string[], at: number, into: Set<string>): void {
  if (at === segments.length) {
    for (const method of node.routes.keys()) into.add(method);
    return;
  }
  const segment = segments[at]!;
  const next = node.statics.get(segment);
  if (next !== undefined) visit(next, segments, at + 1, into);
  if (segment !== '' && node.parameter !== undefined) visit(node.parameter, segments, at + 1, into);
  for (const method of node.wildcards.keys()) into.add(method);
}

/** Without a prototype that could be taken for parameters; `Object.create(null)` would be ten times as slow to read. */
class Params {}
Object.setPrototypeOf(Params.prototype, null);
Reflect.deleteProperty(Params.prototype, 'constructor');

function paramsOf(pattern: Pattern, segments: readonly string[]): Found<unknown>['params'] {
  if (pattern.names.length === 0) return undefined;
  const params = new Params() as Record<string, string>;
  let name = 0;
  for (let at = 0; at < pattern.segments.length; at++)
    if (pattern.segments[at] === PARAMETER) params[pattern.names[name++]!] = segments[at]!;
  if (pattern.hasWildcard) params['*'] = segments.slice(pattern.segments.length).join('/');
  return params;
}

function conflict(method: string, text: string, other: string): NetError {
  const what = method === ANY ? 'Every method' : method;
  return new NetError('busy', `${what} of ${text} has a route already: ${other}`);
}
