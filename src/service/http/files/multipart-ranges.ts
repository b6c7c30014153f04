/** Several ranges of one file as one body (multipart/byteranges, RFC 9110, section 14.6). It knows no request. */
import { randomBytes } from 'node:crypto';
import { FileChunks } from '../file-body.ts';
import { LazyBody } from '../lazy-body.ts';
import type { OpenFile } from './open-file.ts';
import type { ByteRange } from './ranges.ts';

export interface MultipartRanges {
  readonly type: string;
  /** Bytes of all of it. */
  readonly length: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** @param type of the file, which each part repeats */
export function multipartRanges(file: OpenFile, ranges: readonly ByteRange[], type: string): MultipartRanges {
  // Nothing in the file can be taken for it: nobody knows it when the file is written.
  const boundary = randomBytes(12).toString('hex');
  const heads = ranges.map(({ first, last }) =>
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${type}\r\nContent-Range: bytes ${first}-${last}/${file.size}\r\n\r\n`,
    ),
  );
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const content = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  const length = heads.reduce((sum, head) => sum + head.length, tail.length + content);
  // One part of the file is held for all: it keeps the descriptor open until the last of them has been read.
  const whole = file.bytes === undefined ? file.part(0, file.size) : undefined;
  const done = (): void => whole?.onDone();
  const body = new LazyBody(() => chunks(file, ranges, heads, tail, done), done);
  return { type: `multipart/byteranges; boundary=${boundary}`, length, body };
}

async function* chunks(
  file: OpenFile,
  ranges: readonly ByteRange[],
  heads: readonly Uint8Array[],
  tail: Uint8Array,
  done: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for (const [at, { first, last }] of ranges.entries()) {
      yield heads[at]!;
      if (file.bytes === undefined) yield* new FileChunks(file.part(first, last - first + 1));
      else yield file.bytes.subarray(first, last + 1);
    }
    yield tail;
  } finally {
    done();
  }
}
