import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkDescriptors,
  type LoadOptions,
  MAX_CONNECTIONS,
  MAX_DURATION,
  MAX_REQUEST,
  planLoad,
} from './options.ts';
import { Requests } from './request.ts';

const url = 'tcp://127.0.0.1:1';

test('every limit has a name, and what is beyond it is refused with both', () => {
  const wrong: [LoadOptions, RegExp][] = [
    [{ connections: MAX_CONNECTIONS + 1 }, /connections is 65537; at most 65536/],
    [{ payload: MAX_REQUEST + 1 }, /payload is .*; at most/],
    [{ duration: MAX_DURATION + 1 }, /duration is .*; at most/],
    [{ pipeline: 1025 }, /pipeline is 1025; at most 1024/],
    [{ rate: 1e8 }, /rate is 100000000; at most/],
    [{ answer: { kind: 'bytes', count: MAX_REQUEST + 1 } }, /answer.count/],
  ];
  for (const [options, message] of wrong)
    assert.throws(() => planLoad(url, options), { name: 'NetError', code: 'limit', message });
});

test('what makes no sense is refused, with the reason', () => {
  const wrong: [LoadOptions, RegExp][] = [
    [{ connections: 0 }, /connections is 0; it must be at least 1/],
    [{ connections: 1.5 }, /whole number/],
    [{ rate: 0 }, /rate is 0; it must be more than 0/],
    [{ rate: Number.NaN }, /rate is NaN/],
    [{ request: new Uint8Array(0) }, /payload is 0/],
    [{ think: 10, rate: 10 }, /think makes no sense here/],
    [{ think: 10, pipeline: 2 }, /think makes no sense here/],
    [{ rate: 10, slow: { share: 1 } }, /slow.share makes no sense here/],
    [{ slow: { share: 2 } }, /slow.share is 2/],
  ];
  for (const [options, message] of wrong) assert.throws(() => planLoad(url, options), { message });
  assert.throws(() => planLoad('stdio:'), { message: /stdio: is one connection/ });
  assert.throws(() => planLoad(url, { answer: { kind: 'frame', spec: 'nonsense' } }), { code: 'protocol' });
});

test('more connections than descriptors are refused before the first is made', () => {
  const limits =
    'Limit          Soft Limit   Hard Limit   Units\nMax open files            1024      4096    files\n';
  const message = /Cannot open 1000 connections: this process may have 1024 open files; raise `ulimit -n`/;
  assert.throws(() => checkDescriptors(planLoad(url, { connections: 1000 }), limits), {
    code: 'limit',
    message,
  });
  checkDescriptors(planLoad(url, { connections: 900 }), limits);
  checkDescriptors(planLoad('memory:x', { connections: 1000 }), limits);
  checkDescriptors(planLoad(url, { connections: 60_000 }), limits.replace('1024', 'unlimited'));
  checkDescriptors(planLoad(url, { connections: 60_000 }), '');
});

test('clients send different payloads of the size that was asked for, always the same ones', () => {
  const plan = planLoad(url, { payload: 32 });
  const requests = new Requests(plan);
  const texts = Array.from({ length: 1000 }, (_, client) => Buffer.from(requests.of(client)).toString());
  assert.equal(new Set(texts).size, 1000);
  assert.ok(texts.every((text) => /^[\w-]{32}$/.test(text)));
  assert.deepEqual(Buffer.from(new Requests(plan).of(7)).toString(), texts[7]);
});

test('a request is sent as it is, or as one message of the framing', () => {
  const request = Buffer.from('hello');
  assert.equal(Buffer.from(new Requests(planLoad(url, { request })).of(3)).toString(), 'hello');
  const framed = planLoad(url, { request, answer: { kind: 'frame', spec: 'netstring' } });
  assert.equal(Buffer.from(new Requests(framed).of(3)).toString(), '5:hello,');
  const answer = { kind: 'frame', spec: 'fixed:16' } as const;
  assert.throws(() => planLoad(url, { answer }), {
    message: /64 bytes cannot be sent; each has 16/,
  });
});
