/**
 * Puts the program into node_modules/.bin of its own checkout, so that `npx modnet` finds it there and does not
 * install the checkout into its cache first. npm runs it when node_modules has changed. Plain JavaScript, for any Node.
 */
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../node_modules/.bin/', import.meta.url));
const link = `${bin}modnet`;

if (process.platform !== 'win32' && existsSync(fileURLToPath(new URL('../node_modules', import.meta.url)))) {
  mkdirSync(bin, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync('../../bin/modnet.js', link);
}
