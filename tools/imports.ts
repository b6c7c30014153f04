/**
 * The imports of a source, found by their shape. It does not parse TypeScript: the formatter puts each statement at
 * the beginning of a line and ends it with a semicolon, and that is what it relies on.
 */
export interface Import {
  readonly specifier: string;
  readonly line: number;
}

const SHAPES: readonly RegExp[] = [
  // import … from 'x'; export … from 'x'; import 'x'
  /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(?<specifier>[^'"\n]+)\1/dgm,
  /^[ \t]*import\s*(['"])(?<specifier>[^'"\n]+)\1/dgm,
  // import('x'), also as a type; modules for threads: new URL('./x.ts', import.meta.url)
  /\bimport\(\s*(['"])(?<specifier>[^'"\n]+)\1/dg,
  /\bnew URL\(\s*(['"])(?<specifier>\.[^'"\n]+\.ts)\1,\s*import\.meta\.url/dg,
];

/** In the order of the lines. */
export function findImports(source: string): Import[] {
  const found: Import[] = [];
  for (const shape of SHAPES) {
    for (const match of source.matchAll(shape)) {
      if (isComment(source, match.index)) continue;
      const line = source.slice(0, match.indices!.groups!.specifier![0]).split('\n').length;
      found.push({ specifier: match.groups!.specifier!, line });
    }
  }
  return found.sort((a, b) => a.line - b.line);
}

function isComment(source: string, index: number): boolean {
  const start = source.lastIndexOf('\n', index) + 1;
  return /^\s*(\*|\/\/|\/\*)/.test(source.slice(start, index + 1));
}
