/** Compression through `node:zlib`, of a whole or as a stream. It knows no request. */
import { pipeline, Readable, type Transform } from 'node:stream';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Coding } from './content-coding.ts';

/**
 * Levels for what is compressed while somebody waits. Precedents: nginx's Brotli module and gzip of zlib have 6 and 6; Brotli 4
 * costs what gzip 6 costs and makes less of it. Zstandard's own default is 3.
 */
const BROTLI = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } };
const GZIP = { level: 6 };
const ZSTD = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 3 } };

/** Bytes that a coder gives at a time. */
const CHUNK = { chunkSize: 64 * 1024 };

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);
const zstd = promisify(zlib.zstdCompress);

export function compressBytes(bytes: Uint8Array, coding: Coding): Promise<Uint8Array> {
  if (coding === 'br') return brotli(bytes, BROTLI);
  return coding === 'gzip' ? gzip(bytes, GZIP) : zstd(bytes, ZSTD);
}

/**
 * The chunks, compressed. Leaving early ends the source too.
 * @param flush gives what a chunk became at once, for what trickles; costs some of the compression
 */
export async function* compressChunks(
  source: AsyncIterable<Uint8Array>,
  coding: Coding,
  flush = false,
): AsyncGenerator<Uint8Array, void, undefined> {
  const coder = createCoder(coding, flush);
  const input = Readable.from(source, { objectMode: false });
  // An error of the source comes out of the coder, which is what is read.
  pipeline(input, coder, () => {});
  try {
    for await (const chunk of coder) yield chunk as Uint8Array;
  } finally {
    input.destroy();
    coder.destroy();
  }
}

function createCoder(coding: Coding, flush: boolean): Transform {
  if (coding === 'br') {
    const flushing = flush ? { flush: zlib.constants.BROTLI_OPERATION_FLUSH } : {};
    return zlib.createBrotliCompress({ ...BROTLI, ...CHUNK, ...flushing });
  }
  if (coding === 'zstd') {
    const flushing = flush ? { flush: zlib.constants.ZSTD_e_flush } : {};
    return zlib.createZstdCompress({ ...ZSTD, ...CHUNK, ...flushing });
  }
  const flushing = flush ? { flush: zlib.constants.Z_SYNC_FLUSH } : {};
  return zlib.createGzip({ ...GZIP, ...CHUNK, ...flushing });
}
