/** Finds programs of the machine, for the tests and benchmarks that run them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Servers such as haproxy lie in sbin, which is not on everybody's path. */
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/**
 * The path of a program, or `null` when it is not there.
 * @param first folders to look in before the path
 */
export function findProgram(name: string, first: readonly string[] = []): string | null {
  const folders = [...first, ...(process.env.PATH ?? '').split(delimiter), ...SBIN];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
