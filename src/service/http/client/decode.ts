/**
 * Content codings (RFC 9110 section 8.4.1) undone while the body comes: gzip, deflate, br (RFC 7932), zstd (RFC 8878). What
 * comes out is bounded by its ratio to what went in, because a small body can become an endless one.
 */
import { pipeline } from 'node:stream';
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib';
import { type Bytes, NetError } from '../../../core/index.ts';
import { EXPANSION_FREE, MAX_CODINGS, MAX_EXPANSION } from './limits.ts';

/** What `Accept-Encoding` offers. */
export const CODINGS = 'gzip, deflate, br, zstd';

type Decoder = ReturnType<typeof createGunzip | typeof createBrotliDecompress | typeof createZstdDecompress>;

/** Bytes that a decoder hands out at once; fewer hand-overs between threads than with Node's 16 KiB. */
const CHUNK = 64 * 1024;

const DECODERS: Readonly<Record<string, (first: Bytes) => Decoder>> = {
  gzip: () => createGunzip({ chunkSize: CHUNK }),
  'x-gzip': () => createGunzip({ chunkSize: CHUNK }),
  // RFC 9110 section 8.4.1.2: with the wrapper of zlib, but some servers leave it out.
  deflate: (first) => (isZlib(first) ? createInflate : createInflateRaw)({ chunkSize: CHUNK }),
  br: () => createBrotliDecompress({ chunkSize: CHUNK }),
  zstd: () => createZstdDecompress({ chunkSize: CHUNK }),
};

/**
 * The codings to undo, in the order of undoing; none when one of them is not known: then the body stays as it is.
 * @param header `Content-Encoding`
 * @throws NetError `limit` for more than `MAX_CODINGS`
 */
export function codingsOf(header: string | undefined): string[] {
  if (header === undefined) return [];
  const codings = header
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
  if (codings.length > MAX_CODINGS)
    throw new NetError('limit', `the body has ${codings.length} codings; at most ${MAX_CODINGS} are undone`);
  return codings.every((coding) => Object.hasOwn(DECODERS, coding)) ? codings.reverse() : [];
}

/**
 * The body without its codings.
 * @throws NetError `protocol` (fault `remote`) when it is not what they say, `limit` when it expands beyond `expansion`
 */
export async function* decode(
  source: AsyncIterable<Bytes>,
  codings: readonly string[],
  expansion: number = MAX_EXPANSION,
): AsyncGenerator<Bytes, void, undefined> {
  const meter = { in: 0 };
  let stream: AsyncIterable<Bytes> = counted(source, meter);
  for (const coding of codings) stream = undo(stream, coding);
  let out = 0;
  for await (const chunk of stream) {
    out += chunk.length;
    if (out > EXPANSION_FREE && out > meter.in * expansion) throw expanded(meter.in, out, expansion);
    yield chunk;
  }
}

async function* counted(source: AsyncIterable<Bytes>, meter: { in: number }): AsyncGenerator<Bytes> {
  for await (const chunk of source) {
    meter.in += chunk.length;
    yield chunk;
  }
}

async function* undo(source: AsyncIterable<Bytes>, coding: string): AsyncGenerator<Bytes> {
  const input = source[Symbol.asyncIterator]();
  const first = await input.next();
  // An answer without content may well say how it would have been coded.
  if (first.done === true) return;
  const decoder = DECODERS[coding]!(first.value);
  let broken: unknown;
  // The error of the source is told as it was; that of the decoder says what was wrong with the body.
  const guarded = resumed(first.value, input, (error) => {
    broken = error;
  });
  pipeline(guarded, decoder, () => {});
  try {
    yield* decoder as AsyncIterable<Bytes>;
  } catch (thrown) {
    throw broken ?? undecodable(coding, thrown as Error);
  } finally {
    decoder.destroy();
  }
}

async function* resumed(
  first: Bytes,
  rest: AsyncIterator<Bytes>,
  onError: (error: unknown) => void,
): AsyncGenerator<Bytes> {
  try {
    yield first;
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } catch (error) {
    onError(error);
    throw error;
  }
}

/** RFC 1950 section 2.2: method 8, and a check that makes the first two bytes a multiple of 31. */
function isZlib(first: Bytes): boolean {
  const [method = 0, flags] = first;
  if ((method & 0x0f) !== 8) return false;
  return flags === undefined || ((method << 8) | flags) % 31 === 0;
}

function undecodable(coding: string, { message }: Error): NetError {
  return new NetError('protocol', `the body is not what its coding "${coding}" says: ${message}`, {
    fault: 'remote',
  });
}

function expanded(from: number, to: number, expansion: number): NetError {
  return new NetError(
    'limit',
    `${from} bytes of the compressed body became more than ${to}, over ${expansion} times as many; raise maxExpansion if that is right`,
  );
}
