/** The module that a server runs for each connection, from the options of the command line. */
import { extname } from 'node:path';
import type { ListenOptions } from './options.ts';

export interface HandlerModule {
  readonly module: URL;
  /** For `context.shared`. */
  readonly shared: unknown;
}

/** One of ours for `--echo`, `--discard` and `--exec`; the one named by `--handler`, which gets nothing to share. */
export function handlerModule({ echo, exec, handler }: ListenOptions): HandlerModule {
  if (handler !== undefined) return { module: handler, shared: undefined };
  if (exec !== undefined) return { module: own('exec'), shared: { command: exec } };
  return { module: own(echo ? 'echo' : 'discard'), shared: undefined };
}

/** `.ts` where the sources run as they are, `.js` in the build. */
function own(name: string): URL {
  return new URL(`./handlers/${name}${extname(import.meta.url)}`, import.meta.url);
}
