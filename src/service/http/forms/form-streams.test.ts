import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testRequest } from '../test-context.ts';
import type { FormLimits } from './form-limits.ts';
import { formParts } from './form-parts.ts';
import { BOUNDARY, END, field, post } from './test-forms.ts';

/** A body that counts what is taken of it, and whether it was left. */
function counted(chunks: Iterable<string | Uint8Array>): {
  request: Request;
  taken: () => number;
  wasLeft: () => boolean;
} {
  let [taken, wasLeft] = [0, false];
  const iterator = chunks[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = iterator.next();
        // Then it stalls: there is neither more nor an end.
        if (done === true) return new Promise(() => undefined);
        taken += value.length;
        return controller.enqueue(Buffer.from(value as string));
      },
      cancel() {
        wasLeft = true;
      },
    },
    { highWaterMark: 0 },
  );
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  const request = testRequest('/', { method: 'POST', headers, body, duplex: 'half' });
  return { request, taken: () => taken, wasLeft: () => wasLeft };
}

function* largeFile(chunks: number): Generator<string | Uint8Array> {
  yield `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n`;
  for (let count = 0; count < chunks; count++) yield Buffer.alloc(16 * 1024, 'x');
  yield `\r\n--${BOUNDARY}\r\nContent-Disposition: form-data; name="after"\r\n\r\nx\r\n${END}`;
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of content) assert.ok(chunk.length > 0);
}

test('no more of a file is held than its buffer', { timeout: 60_000 }, async () => {
  const { request, taken, wasLeft } = counted(largeFile(1000));
  let [read, most] = [0, 0];
  for await (const part of formParts(request)) {
    if (part.kind === 'field') break;
    for await (const chunk of part.content) {
      read += chunk.length;
      // Turns in which more would be taken if nothing held it up.
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      most = Math.max(most, taken() - read);
    }
  }
  assert.equal(read, 1000 * 16 * 1024);
  assert.ok(most <= 256 * 1024, `${most} bytes were held`);
  assert.equal(wasLeft(), true);
});

test('fields that nobody asks for are not taken from the body', async () => {
  const { request, taken } = counted(
    Array.from({ length: 100 }, (_, at) => field(`name="${at}"`, 'x'.repeat(10_000))),
  );
  let read = 0;
  for await (const part of formParts(request)) {
    assert.ok(part.kind === 'field');
    read += part.value.length;
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    assert.ok(taken() - read < 50_000, `${taken() - read} bytes were held`);
    // The last is not over before the boundary that does not come.
    if (part.name === '98') break;
  }
});

test('who leaves early waits for nothing, and the body is left', { timeout: 20_000 }, async () => {
  const part = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"`;
  const stalled = counted([`${part}\r\n\r\nx\r\n${part}; filename="f"\r\n\r\nxyz`]);
  let content: AsyncIterable<Uint8Array> | undefined;
  for await (const part of formParts(stalled.request)) {
    if (part.kind === 'field') continue;
    content = part.content;
    for await (const _ of content) break;
    break;
  }
  assert.equal(stalled.wasLeft(), true);
  await assert.rejects(readAll(content!), { code: 'closed' });
});

test('a file is skipped that is still being read, and its reader sees the end', {
  timeout: 20_000,
}, async () => {
  const { request, wasLeft } = counted(largeFile(100));
  const parts = formParts(request);
  const first = (await parts.next()).value;
  assert.ok(first?.kind === 'file');
  const reader = first.content[Symbol.asyncIterator]();
  await reader.next();
  assert.equal((await parts.next()).value?.name, 'after');
  assert.equal((await reader.next()).done, true);
  await parts.return();
  assert.equal(wasLeft(), true);
});

test('a file that is cut off, too large, or of a body that fails is told to its reader', {
  timeout: 20_000,
}, async () => {
  const contentOf = async (request: Request, limits: Partial<FormLimits> = {}): Promise<void> => {
    for await (const part of formParts(request, limits))
      if (part.kind === 'file') await readAll(part.content);
  };
  const file = field('name="a"; filename="b"', 'x'.repeat(1000));
  await assert.rejects(contentOf(post(file)), { status: 400 });
  await assert.rejects(contentOf(post(file), { fileBytes: 100 }), { status: 413 });
  const failure = new Error('the body failed');
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(file);
    throw failure;
  }
  const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
  const body = ReadableStream.from(failing()) as ReadableStream;
  await assert.rejects(
    contentOf(testRequest('/', { method: 'POST', headers, body, duplex: 'half' })),
    failure,
  );
});
