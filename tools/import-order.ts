/**
 * Checks the order of the house: imports point only upward in the table of folders, some folders refuse to know
 * some things, and no file is long. Prints each violation as `file:line: rule` and fails if there is one.
 */
import { posix } from 'node:path';
import { findImports } from './imports.ts';
import { readSources, type Sources } from './sources.ts';

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
}

/** The table of the house, from the top. A folder imports those before it; those of one row do not know each other. */
const ROWS: readonly (readonly string[])[] = [
  ['bytes'],
  ['core'],
  ['kernel'],
  ['loop'],
  ['sync'],
  ['framing'],
  ['protocol'],
  ['packet'],
  ['transport'],
  ['middleware'],
  ['server'],
  ['service'],
  ['cli', 'dashboard'],
];

/**
 * What a folder refuses to know although it lies above. Framings, protocols and packets are sans-IO: no sockets, no
 * loop, no threads.
 */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  framing: ['kernel', 'loop', 'sync'],
  protocol: ['kernel', 'loop', 'sync'],
  packet: ['kernel', 'loop', 'sync'],
  middleware: ['transport'],
  server: ['framing', 'protocol', 'packet'],
};

const SANS_IO = ['framing', 'protocol'];

/** Folders of members. A member never imports a sibling; members and the files beside them may import each other. */
const FAMILIES = ['transport', 'protocol', 'service'];

/** The exchange is put together of the other services, as a house of doors; none of them knows it. */
const COMPOSERS: readonly string[] = ['service/exchange'];

/** The faces use only what a folder makes public. */
const FACES = ['cli', 'dashboard'];

/** The only folder of `src` that may import the module. */
const OWNERS: Readonly<Record<string, string>> = {
  koffi: 'kernel',
  commander: 'cli',
  'node:sqlite': 'service',
};

/** A test, or what only tests use: `a.test.ts`, `a.test.child.ts`, `test-fixture.ts`. None of them is published. */
const TEST = /(\.test(\.[\w-]+)?|\/test-[\w-]+)\.ts$/;

const MAX_LINES = 400;

/** Every violation in the sources, in the order of paths and lines. */
export function checkHouse(sources: Sources): Violation[] {
  const violations: Violation[] = [];
  for (const [path, source] of Object.entries(sources)) {
    const report = (line: number, rule: string): void => void violations.push({ path, line, rule });
    const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
    if (lines > MAX_LINES) report(lines, `a file has at most ${MAX_LINES} lines, this has ${lines}`);
    const from = place(path);
    if (from.top === 'src' && rank(from.folder) < 0)
      report(1, `src/${from.folder} is not in the table of the house`);
    for (const { specifier, line } of findImports(source)) {
      const rule = checkImport(from, specifier);
      if (rule !== null) report(line, rule);
    }
  }
  return violations;
}

/** Where a file lies: `src/transport/tcp/wire.ts` is in top `src`, folder `transport`, member `tcp`. */
interface Place {
  readonly path: string;
  readonly top: string;
  readonly folder: string;
  readonly member: string | null;
  readonly isTest: boolean;
}

function place(path: string): Place {
  const parts = path.split('/');
  const [top = '', folder = ''] = parts;
  const member = FAMILIES.includes(folder) && parts.length > 3 ? parts[2]! : null;
  return { path, top, folder, member, isTest: TEST.test(path) };
}

function checkImport(from: Place, specifier: string): string | null {
  if (from.top === 'examples') return checkExample(from, specifier);
  if (specifier.startsWith('.')) return checkRelative(from, place(resolve(from, specifier)));
  if (specifier === 'modnet' || specifier.startsWith('modnet/')) {
    return from.top === 'src'
      ? 'inside src, import by relative path: the package name means the build'
      : null;
  }
  return checkModule(from, specifier);
}

/** What an example may show modnet together with; each is a development dependency. */
const GUESTS: readonly string[] = ['hono', 'undici', '@bufbuild/protobuf', '@bufbuild/protobuf/codegenv2'];

/** Examples show what a user of the package writes. */
function checkExample(from: Place, specifier: string): string | null {
  if (specifier.startsWith('.')) {
    return place(resolve(from, specifier)).top === 'examples' ? null : 'examples import modnet as a package';
  }
  if (specifier.startsWith('node:') || specifier.startsWith('modnet/')) return null;
  if (GUESTS.includes(specifier)) return null;
  return `examples import only modnet/… and node:…, not ${specifier}`;
}

function checkModule(from: Place, specifier: string): string | null {
  if (from.top !== 'src') return null;
  const owner = OWNERS[specifier];
  if (owner !== undefined && owner !== from.folder) return `only src/${owner} imports ${specifier}`;
  const refusesNode = SANS_IO.includes(from.folder) && !from.isTest;
  if (refusesNode && specifier.startsWith('node:')) return `src/${from.folder} imports no node: module`;
  return null;
}

function checkRelative(from: Place, to: Place): string | null {
  if (to.top === 'src' && to.isTest && !from.isTest && from.top !== 'test')
    return 'only tests import what belongs to tests';
  if (to.top !== 'src') return from.top === 'src' ? `src never imports from ${to.top}/` : null;
  if (to.folder === 'testing') return checkTesting(from);
  if (from.top !== 'src') return null;
  return from.folder === to.folder ? checkSiblings(from, to) : checkFolders(from, to);
}

function checkTesting(from: Place): string | null {
  const allowed = from.isTest || from.top === 'test' || (from.top === 'src' && from.folder === 'testing');
  return allowed ? null : 'only tests (and src/testing itself) import src/testing';
}

function checkSiblings(from: Place, to: Place): string | null {
  if (from.member === null || to.member === null || from.member === to.member) return null;
  if (COMPOSERS.includes(`${from.folder}/${from.member}`)) return null;
  return `src/${from.folder}/${from.member} does not know its sibling ${to.member}`;
}

function checkFolders(from: Place, to: Place): string | null {
  const [own, other] = [rank(from.folder), rank(to.folder)];
  if (other < 0) return `src/${to.folder} is not in the table of the house`;
  if (own === other) return `src/${from.folder} and src/${to.folder} do not know each other`;
  if (from.folder === 'testing')
    return FACES.includes(to.folder) ? 'src/testing does not know the faces' : null;
  if (own < other) return `imports point upward: src/${from.folder} stands above src/${to.folder}`;
  if (REFUSED[from.folder]?.includes(to.folder) && !from.isTest) {
    return `src/${from.folder} refuses to know src/${to.folder}`;
  }
  const isPublic = to.path === `src/${to.folder}${to.member === null ? '' : `/${to.member}`}/index.ts`;
  if (FACES.includes(from.folder) && !isPublic)
    return `src/${from.folder} imports only the index.ts of other folders`;
  return null;
}

/** The row in the table; `testing` stands below all of it; -1 for a folder that is not in the house. */
function rank(folder: string): number {
  return folder === 'testing' ? ROWS.length : ROWS.findIndex((row) => row.includes(folder));
}

function resolve(from: Place, specifier: string): string {
  return posix.join(posix.dirname(from.path), specifier);
}

if (import.meta.main) {
  const sources = readSources();
  const violations = checkHouse(sources);
  for (const { path, line, rule } of violations) console.error(`${path}:${line}: ${rule}`);
  if (violations.length > 0) process.exit(1);
  console.log(`The house is in order: ${Object.keys(sources).length} files.`);
}
