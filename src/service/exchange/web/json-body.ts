/** Reads the JSON of a request, in bounds. */
import { Problem } from './problem.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The object that a request carries.
 * @param max bytes
 * @throws Problem `media-type`, `too-long`, `bad-json`, `bad-request`
 */
export async function readObject(request: Request, max: number): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json')
    throw new Problem('media-type', 'Send the body as application/json', {
      'accept-post': 'application/json',
    });
  const value = parse(await readBytes(request, max));
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Problem('bad-request', 'The body must be a JSON object');
  return value as Record<string, unknown>;
}

/**
 * A field that must be text, or may be left out when `fallback` is given.
 * @throws Problem `bad-request`
 */
export function textField(body: Record<string, unknown>, field: string, fallback?: string): string {
  const value = Object.hasOwn(body, field) ? body[field] : fallback;
  if (typeof value === 'string') return value;
  throw new Problem('bad-request', `"${field}" must be a string`);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'JSON' : 'UTF-8';
    throw new Problem('bad-json', `The body is not valid ${why}`);
  }
}

async function readBytes(request: Request, max: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > max) throw tooLong(max);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > max) throw tooLong(max);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size);
}

function tooLong(max: number): Problem {
  return new Problem('too-long', `The body is longer than ${max} bytes`);
}
