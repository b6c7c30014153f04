import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { type Bytes, NetError } from '../../../core/index.ts';
import { codingsOf, decode } from './decode.ts';

const limited = { timeout: 20_000 };

async function* pieces(data: Bytes, size: number): AsyncGenerator<Bytes> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size);
}

async function all(source: AsyncIterable<Bytes>): Promise<string> {
  const chunks: Bytes[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const TEXT = 'To be, or not to be, that is the question. '.repeat(50);

const CODED: Readonly<Record<string, (text: Buffer) => Buffer>> = {
  gzip: gzipSync,
  'x-gzip': gzipSync,
  deflate: deflateSync,
  br: brotliCompressSync,
  zstd: zstdCompressSync,
};

for (const [coding, compress] of Object.entries(CODED)) {
  describe(coding, limited, () => {
    const data = compress(Buffer.from(TEXT));

    test('is undone however it is split', async () => {
      for (const size of [1, 7, data.length])
        assert.equal(await all(decode(pieces(data, size), [coding])), TEXT);
    });

    test('a body cut short is told, and so is one that is something else', async () => {
      const broken = {
        name: 'NetError',
        code: 'protocol',
        fault: 'remote',
        message: new RegExp(`"${coding}"`),
      };
      await assert.rejects(all(decode(pieces(data.subarray(0, -5), 10), [coding])), broken);
      await assert.rejects(
        all(decode(pieces(Buffer.from('<html>nothing of the kind'), 10), [coding])),
        broken,
      );
    });

    test('nothing at all is nothing', async () => {
      assert.equal(await all(decode(pieces(Buffer.alloc(0), 1), [coding])), '');
    });

    test('the error of the source is passed on as it is', async () => {
      const lost = new NetError('broken', 'lost');
      async function* source(): AsyncGenerator<Bytes> {
        yield data.subarray(0, 20);
        throw lost;
      }
      await assert.rejects(all(decode(source(), [coding])), (error) => error === lost);
    });

    test('a bomb is stopped, and the source is left', async () => {
      const bomb = compress(Buffer.alloc(64 * 1024 * 1024));
      let left = false;
      async function* source(): AsyncGenerator<Bytes> {
        try {
          yield* pieces(bomb, 1024);
        } finally {
          left = true;
        }
      }
      await assert.rejects(all(decode(source(), [coding])), { code: 'limit', message: /maxExpansion/ });
      // The pipeline lets go of its source after the decoder.
      for (let turn = 0; turn < 100 && !left; turn++) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(left);
    });
  });
}

test('deflate without its wrapper is taken too', limited, async () => {
  assert.equal(await all(decode(pieces(deflateRawSync(TEXT), 100), ['deflate'])), TEXT);
});

test('several codings are undone from the last', limited, async () => {
  const codings = codingsOf('gzip, br');
  assert.deepEqual(codings, ['br', 'gzip']);
  assert.equal(await all(decode(pieces(brotliCompressSync(gzipSync(TEXT)), 100), codings)), TEXT);
});

test('a coding that is not known leaves the body as it is; too many are refused', () => {
  assert.deepEqual(codingsOf('gzip, compress'), []);
  assert.deepEqual(codingsOf('toString'), []);
  assert.deepEqual(codingsOf(undefined), []);
  assert.deepEqual(codingsOf('identity, GZIP'), ['gzip']);
  assert.throws(() => codingsOf('gzip,gzip,gzip,gzip,gzip,gzip'), { code: 'limit' });
});
