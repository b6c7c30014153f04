/** Compresses answers on their way: gzip, Brotli and Zstandard, as the client takes them. */
import type { Middleware } from '../contract.ts';
import { LazyBody } from '../lazy-body.ts';
import { HttpResponse } from '../response.ts';
import { compressBytes, compressChunks } from './coders.ts';
import { CODINGS, type Coding, chooseCoding, isCompressible } from './content-coding.ts';
import { addVary, changeable, onResponse } from './on-response.ts';

export interface CompressOptions {
  /** Bytes from which it is done, where the length is known. Default 1,024. */
  readonly minimum?: number | undefined;
  /** In the order of preference. Default `br`, `zstd`, `gzip`. */
  readonly codings?: readonly Coding[] | undefined;
  /**
   * Whether every chunk of a stream leaves at once. Costs compression; without it what trickles waits for more. Default yes.
   */
  readonly flush?: boolean | undefined;
}

/**
 * Goes around handlers whose answers are text. What is compressed, partial, of a type that does not become smaller, or says
 * `no-transform`, stays as it is. A strong `ETag` becomes weak (RFC 9110, section 8.8.1).
 *
 * What an attacker can mix with a secret in one answer can be guessed by its length (BREACH): leave it out there.
 */
export function compress(options: CompressOptions = {}): Middleware {
  const { minimum = 1024, codings = CODINGS, flush = true } = options;
  return (request, _context, next) =>
    onResponse(next(), (answer) => {
      if (!isEligible(answer, minimum)) return answer;
      const response = changeable(answer);
      addVary(response.headers, 'accept-encoding');
      const coding = chooseCoding(request.headers.get('accept-encoding'), codings);
      if (coding === undefined || coding === 'identity') return response;
      return encode(response, coding, request.method === 'HEAD', flush);
    });
}

function isEligible(response: Response, minimum: number): boolean {
  const { status, headers } = response;
  if (status !== 200 && (status < 400 || status > 599) && status !== 201 && status !== 203) return false;
  if (headers.has('content-encoding') || headers.has('content-range')) return false;
  if (/\bno-transform\b/i.test(headers.get('cache-control') ?? '')) return false;
  if (!isCompressible(headers.get('content-type') ?? '')) return false;
  const length = lengthOf(response);
  return length === undefined || length >= minimum;
}

function lengthOf(response: Response): number | undefined {
  const content = response instanceof HttpResponse ? response.content : undefined;
  if (typeof content === 'string') return content.length;
  if (content instanceof Uint8Array) return content.length;
  if (content === null) return 0;
  const length = response.headers.get('content-length');
  return length === null ? undefined : Number(length);
}

async function encode(
  response: Response,
  coding: Coding,
  isHead: boolean,
  flush: boolean,
): Promise<Response> {
  const { status, statusText } = response;
  const init = { status, statusText, headers: codedHeaders(response.headers, coding) };
  const content = response instanceof HttpResponse ? response.content : undefined;
  if (isHead) {
    await response.body?.cancel();
    return new HttpResponse(null, init);
  }
  if (typeof content === 'string' || content instanceof Uint8Array) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return new HttpResponse(await compressBytes(bytes, coding), init);
  }
  const chunks = response.body as ReadableStream<Uint8Array>;
  const body = new LazyBody(
    () => compressChunks(chunks, coding, flush),
    () => void chunks.cancel(),
  );
  return new HttpResponse(body, init);
}

function codedHeaders(headers: Headers, coding: Coding): Headers {
  headers.set('content-encoding', coding);
  headers.delete('content-length');
  headers.delete('accept-ranges');
  const etag = headers.get('etag');
  if (etag?.startsWith('"')) headers.set('etag', `W/${etag}`);
  return headers;
}
