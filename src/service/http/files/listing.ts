/** What lies in a folder, for whoever looks into it. It knows no URL. */
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Missing, Root } from './root.ts';

/** Entries of one folder that are told. Precedent: GitHub shows 1,000; a page of ten times as many still scrolls. */
export const MAX_LISTED = 10_000;

/** Entries that are looked at at the same time: threads of Node's pool, times four. */
const AT_ONCE = 16;

export interface ListedEntry {
  readonly name: string;
  readonly type: 'folder' | 'file';
  /** Bytes; of a file. */
  readonly size: number | undefined;
  readonly modified: Date;
}

export interface Listing {
  /** Folders first, each kind by name. */
  readonly entries: readonly ListedEntry[];
  /** Whether there are more than `MAX_LISTED`. */
  readonly isCut: boolean;
}

/**
 * The files and folders that could be asked for: without what begins with a dot, unless `dotfiles`, without what is neither, and
 * without links that lead outside.
 */
export async function listFolder(root: Root, path: string, dotfiles: boolean): Promise<Listing | Missing> {
  const folder = root.enter(path);
  if (typeof folder === 'number') return folder;
  try {
    const { names, isCut } = await namesIn(folder.path, dotfiles);
    const entries: ListedEntry[] = [];
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const some = names.slice(at, at + AT_ONCE);
      const looked = await Promise.all(some.map((name) => look(root, path, folder.path, name)));
      entries.push(...looked.filter((entry) => entry !== undefined));
    }
    return { entries: entries.sort(byTypeAndName), isCut };
  } finally {
    folder.done();
  }
}

async function namesIn(folder: string, dotfiles: boolean): Promise<{ names: string[]; isCut: boolean }> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) {
    if (!dotfiles && name.startsWith('.')) continue;
    // A name that is no UTF-8 cannot be asked for.
    if (name.includes('\ufffd') || name.includes('\\')) continue;
    if (names.length === MAX_LISTED) return { names, isCut: true };
    names.push(name);
  }
  return { names, isCut: false };
}

async function look(
  root: Root,
  path: string,
  folder: string,
  name: string,
): Promise<ListedEntry | undefined> {
  const own = await lstat(join(folder, name)).catch(() => undefined);
  const stats = own?.isSymbolicLink() ? root.look(path === '' ? name : `${path}/${name}`) : own;
  if (stats === undefined || typeof stats === 'number') return undefined;
  if (!stats.isFile() && !stats.isDirectory()) return undefined;
  const type = stats.isFile() ? 'file' : 'folder';
  return { name, type, size: type === 'file' ? stats.size : undefined, modified: stats.mtime };
}

const collator = new Intl.Collator('en', { numeric: true });

function byTypeAndName(a: ListedEntry, b: ListedEntry): number {
  if (a.type !== b.type) return a.type === 'folder' ? -1 : 1;
  return collator.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
