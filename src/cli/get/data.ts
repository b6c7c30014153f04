/** What `--data` sends. */
import { openAsBlob } from 'node:fs';
import { type Bytes, systemError } from '../../core/index.ts';

/** As curl sends it. */
const FORM_TYPE = 'application/x-www-form-urlencoded';
const FILE_TYPE = 'application/octet-stream';

export interface RequestData {
  readonly body: string | Blob | AsyncIterable<Bytes>;
  /** For `Content-Type`, unless that is given. */
  readonly type: string;
}

/**
 * Texts are joined by `&`; a file is sent from the disk, standard input as it comes.
 * @throws NetError for a file that cannot be read
 */
export async function dataOf(values: readonly string[] | undefined): Promise<RequestData | undefined> {
  if (values === undefined) return undefined;
  const [first = ''] = values;
  if (values.length > 1) return { body: (await Promise.all(values.map(textOf))).join('&'), type: FORM_TYPE };
  if (first === '-' || first === '@-') return { body: process.stdin, type: FILE_TYPE };
  if (first.startsWith('@')) return { body: await open(first.slice(1)), type: FILE_TYPE };
  return { body: first, type: FORM_TYPE };
}

async function textOf(value: string): Promise<string> {
  return value.startsWith('@') ? (await open(value.slice(1))).text() : value;
}

async function open(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (error) {
    throw systemError('ENOENT', `Cannot read ${path}`, { cause: error, hint: 'give the path of a file' });
  }
}
