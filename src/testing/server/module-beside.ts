/** The URL of a module that lies beside another, in the sources or in the build. */
import { extname } from 'node:path';

/**
 * @param url `import.meta.url` of the one that asks
 * @param name without its extension: `handlers/echo`
 */
export function moduleBeside(url: string, name: string): URL {
  return new URL(`./${name}${extname(url)}`, url);
}
