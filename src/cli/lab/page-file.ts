/** Where `modnet lab` writes its page, settled before an experiment takes minutes. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { NetError, toNetError } from '../../core/index.ts';

/** Names in the file's name beyond which it says only how many there are. */
const NAMES_IN_FILE = 3;

export interface PageOptions {
  readonly json?: boolean;
  readonly html?: string | boolean;
}

/** The file, or `undefined` where none is wanted: with `--no-html`, and with `--json` unless `--html` names one. */
export function pageFor(names: readonly string[], { html, json }: PageOptions): string | undefined {
  if (typeof html === 'string') return html;
  if (html === false || json) return undefined;
  const distinct = [...new Set(names)];
  if (distinct.includes('all')) return 'modnet-lab-all.html';
  const part = distinct.length > NAMES_IN_FILE ? `${distinct.length}-experiments` : distinct.join('-');
  return `modnet-lab-${part}.html`;
}

/** @throws NetError when the page could not be written there at the end */
export function checkWritable(file: string): void {
  const what = `Cannot write the page ${file}`;
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new NetError('refused', `${what}: it is a directory; name a file with --html FILE`);
  }
  try {
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (thrown) {
    const error = toNetError(thrown, what);
    throw new NetError(error.code, `${error.message}; choose another with --html FILE, or --no-html`, {
      cause: thrown,
      errno: error.errno,
    });
  }
}
