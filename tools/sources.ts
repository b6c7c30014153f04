/** The TypeScript sources of the repository, for the tools that check it. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Source text by path from the root of the repository, with `/` between folders. */
export type Sources = Readonly<Record<string, string>>;

export const ROOT = fileURLToPath(new URL('..', import.meta.url));

const FOLDERS = ['src', 'test', 'bench', 'examples', 'tools'];

/** Paths of files that match, sorted, without what is generated. */
export function listFiles(pattern: string, root: string = ROOT): string[] {
  const generated = (name: string): boolean => /(^|\/)(node_modules|dist|\.build|results)(\/|$)/.test(name);
  return globSync(`{${FOLDERS.join(',')}}/${pattern}`, { cwd: root, exclude: generated })
    .map((path) => path.replaceAll('\\', '/'))
    .sort();
}

export function readSources(root: string = ROOT): Sources {
  const paths = listFiles('**/*.ts', root);
  return Object.fromEntries(paths.map((path) => [path, readFileSync(`${root}/${path}`, 'utf8')]));
}
