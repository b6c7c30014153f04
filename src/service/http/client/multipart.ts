/** `FormData` as `multipart/form-data` (RFC 7578, and HTML's algorithm for the names): of known length, and repeatable. */
import { randomBytes } from 'node:crypto';
import type { Bytes } from '../../../core/index.ts';

export interface Multipart {
  readonly type: string;
  /** In bytes. */
  readonly length: number;
  readonly chunks: () => AsyncIterable<Bytes>;
}

/** Files are read while it is sent, each time anew. */
export function multipart(form: FormData): Multipart {
  const boundary = `modnet-${randomBytes(18).toString('base64url')}`;
  const parts: (Bytes | Blob)[] = [];
  for (const [name, value] of form) {
    parts.push(Buffer.from(`--${boundary}\r\n${headOf(name, value)}\r\n\r\n`));
    parts.push(typeof value === 'string' ? Buffer.from(value.replace(/\r\n?|\n/g, '\r\n')) : value);
    parts.push(Buffer.from('\r\n'));
  }
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  const length = parts.reduce((sum, part) => sum + ('size' in part ? part.size : part.length), 0);
  return { type: `multipart/form-data; boundary=${boundary}`, length, chunks: () => chunksOf(parts) };
}

function headOf(name: string, value: string | File): string {
  const head = `Content-Disposition: form-data; name="${escaped(name.replace(/\r\n?|\n/g, '\r\n'))}"`;
  if (typeof value === 'string') return head;
  const type = value.type === '' ? 'application/octet-stream' : value.type;
  return `${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}`;
}

/** Percent-encodes what would end the quotes or the line. */
function escaped(text: string): string {
  return text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

async function* chunksOf(parts: readonly (Bytes | Blob)[]): AsyncGenerator<Bytes> {
  for (const part of parts) {
    if (part instanceof Blob) yield* part.stream();
    else yield part;
  }
}
