/**
 * Checks that `exports` of package.json and the public folders agree. A folder is public when it has an index.ts.
 * Prints what differs and fails; with `--fix` it rewrites package.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { listFiles, ROOT } from './sources.ts';

export type Exports = Record<string, string | Record<string, string>>;

const PUBLIC = /^src\/((?:[\w-]+|(?:transport|protocol|service)\/[\w-]+))\/index\.ts$/;

/** The faces are programs, not modules. */
const PRIVATE = ['cli', 'dashboard'];

/** What `exports` must be for these paths of files, in their order. */
export function expectedExports(paths: readonly string[]): Exports {
  const folders = paths.map((path) => PUBLIC.exec(path)?.[1]).filter((folder) => folder !== undefined);
  const open = folders.filter((folder) => !PRIVATE.includes(folder)).sort();
  return Object.fromEntries([
    ...open.map((folder) => [`./${folder}`, conditions(folder)] as const),
    ['./package.json', './package.json'] as const,
  ]);
}

/** The order counts: the first condition that holds wins. */
function conditions(folder: string): Record<string, string> {
  return {
    'modnet-source': `./src/${folder}/index.ts`,
    types: `./dist/${folder}/index.d.ts`,
    default: `./dist/${folder}/index.js`,
  };
}

/** One sentence for each export that is missing, superfluous or wrong. */
export function compareExports(actual: Exports, expected: Exports): string[] {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
  return names.flatMap((name) => {
    if (!(name in actual)) return [`${name} is missing`];
    if (!(name in expected)) return [`${name} has no public folder`];
    return isSame(actual[name], expected[name]) ? [] : [`${name} must be ${JSON.stringify(expected[name])}`];
  });
}

function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) && JSON.stringify(a) === JSON.stringify(b);
}

function main(fix: boolean): void {
  const path = `${ROOT}/package.json`;
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const expected = expectedExports(listFiles('**/index.ts'));
  const differences = compareExports(manifest.exports, expected);
  if (differences.length > 0 && fix) {
    writeFileSync(path, `${JSON.stringify({ ...manifest, exports: expected }, null, 2)}\n`);
    console.log(`Rewrote exports of package.json: ${differences.join('; ')}`);
    return;
  }
  for (const difference of differences) console.error(`package.json: exports: ${difference}`);
  if (differences.length > 0) {
    console.error('`node tools/exports.ts --fix` rewrites them.');
    process.exit(1);
  }
  console.log(`Exports agree with the folders: ${Object.keys(expected).length}.`);
}

if (import.meta.main) main(process.argv.includes('--fix'));
