import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findImports } from './imports.ts';

/** What `findImports` sees in the lines, as `line specifier`. */
function seen(...lines: string[]): string[] {
  return findImports(lines.join('\n')).map(({ line, specifier }) => `${line} ${specifier}`);
}

test('static imports and re-exports are seen, also over several lines, at the line of the specifier', () => {
  const found = seen(
    "import 'a';",
    "import type { B } from 'b';",
    'import {',
    '  c,',
    '  d,',
    '} from "c";',
    "export * from './d.ts';",
    "export { e } from './e.ts';",
  );
  assert.deepEqual(found, ['1 a', '2 b', '6 c', '7 ./d.ts', '8 ./e.ts']);
});

test('dynamic imports, imported types and modules for threads are seen', () => {
  const found = seen(
    "const a = await import('a');",
    "let b: import('./b.ts').B;",
    "new Worker(new URL('./c.ts', import.meta.url));",
    "readFileSync(new URL('../package.json', import.meta.url));",
  );
  assert.deepEqual(found, ['1 a', '2 ./b.ts', '3 ./c.ts']);
});

test('comments and texts are not imports', () => {
  const found = seen(
    "// import 'a';",
    "/** import('b') */",
    " * import { c } from 'c';",
    'export const text = "import d";',
    "const from = 'e';",
  );
  assert.deepEqual(found, []);
});
