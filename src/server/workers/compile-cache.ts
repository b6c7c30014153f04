/**
 * Keeps what V8 made of our modules, and of the handler's, for the next thread or process that loads them. This file
 * imports nothing of ours, so that an entry can call it first.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/**
 * From now on modules are compiled once and not in every worker. Compiled code is as good as code, so it is kept in the
 * home of this user, and not in the folder for temporary files, where others could lay theirs. The home is that of the
 * password file: HOME may be somebody else's under sudo. Where there is none, or NODE_DISABLE_COMPILE_CACHE is set, all
 * goes on without; a cache that is on already stays as it is.
 */
export function useCompileCache(): void {
  try {
    enableCompileCache(join(userInfo().homedir, '.cache', 'modnet', 'compiled'));
  } catch {
    // A user without an entry in the password file, as in some containers.
  }
}

/** Writes now what would be written at the end: a worker that is killed has none. */
export function keepCompiled(): void {
  flushCompileCache();
}
