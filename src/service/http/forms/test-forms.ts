/** Forms for tests, written by hand. */
import { testRequest } from '../test-context.ts';

export const BOUNDARY = '----WebKitFormBoundaryA';

/** In chunks of this size. */
export function post(
  body: string | Uint8Array,
  type = `multipart/form-data; boundary=${BOUNDARY}`,
  size = 64,
): Request {
  const bytes = Buffer.from(body as string);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  return testRequest('/', {
    method: 'POST',
    headers: { 'content-type': type },
    body: ReadableStream.from(chunks()) as ReadableStream,
    duplex: 'half',
  });
}

/** One part, with its boundary. */
export const field = (disposition: string, value: string, more = ''): string =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; ${disposition}\r\n${more}\r\n${value}\r\n`;
export const END = `--${BOUNDARY}--\r\n`;
