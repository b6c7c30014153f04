import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpBodyInit } from './body.ts';
import { HttpResponse, type HttpResponseInit, responseFields } from './response.ts';

const form = new FormData();
form.set('a', 'b');

const BODIES: readonly (readonly [name: string, make: () => HttpBodyInit])[] = [
  ['nothing', () => null],
  ['text', () => 'Grüße'],
  ['bytes', () => Buffer.from('bytes')],
  ['a part of a buffer', () => new DataView(new TextEncoder().encode('abcdef').buffer, 1, 3)],
  ['a buffer', () => new TextEncoder().encode('abc').buffer as ArrayBuffer],
  ['a blob', () => new Blob(['blob'], { type: 'text/x' })],
  ['a query', () => new URLSearchParams({ a: 'b c' })],
  ['a stream', () => new Blob(['stream']).stream() as never],
  [
    'a generator',
    () =>
      (async function* () {
        yield Buffer.from('gen');
        yield Buffer.from('erator');
      })(),
  ],
];

async function seen(response: Response): Promise<unknown[]> {
  const { status, statusText, ok, type, redirected, url } = response;
  return [
    status,
    statusText,
    ok,
    type,
    redirected,
    url,
    [...response.headers],
    await response.text(),
    response.bodyUsed,
  ];
}

describe('HttpResponse', () => {
  test('is a Response', () => {
    assert.ok(new HttpResponse() instanceof Response);
  });

  for (const [name, make] of BODIES)
    test(`is as a Response made of ${name}`, async () => {
      for (const init of [
        undefined,
        { status: 404, statusText: 'No', headers: { 'X-A': '1' } },
        { headers: { 'Content-Type': 'a/b' } },
      ])
        assert.deepEqual(
          await seen(new HttpResponse(make(), init)),
          await seen(new Response(make() as never, init)),
        );
    });

  test('made of a form', async () => {
    const response = new HttpResponse(form);
    assert.match(response.headers.get('content-type')!, /^multipart\/form-data; boundary=/);
    assert.deepEqual([...(await response.formData())], [['a', 'b']]);
  });

  test('gives its body in every form', async () => {
    for (const make of [() => new HttpResponse('[1]'), () => new Response('[1]')]) {
      assert.deepEqual(await make().json(), [1]);
      assert.deepEqual(await make().bytes(), new TextEncoder().encode('[1]'));
      assert.equal((await make().arrayBuffer()).byteLength, 3);
      assert.equal((await make().blob()).type, 'text/plain;charset=utf-8');
      const texts: string[] = [];
      for await (const part of make().textStream()) texts.push(part);
      assert.equal(texts.join(''), '[1]');
      assert.equal(await new Response(make().body).text(), '[1]');
    }
  });

  test('is read once, and cloned before', async () => {
    for (const make of [
      () => new HttpResponse('a'),
      () => new HttpResponse(new Blob(['a']).stream() as never),
    ]) {
      const response = make();
      const copy = response.clone();
      assert.equal(await response.text(), 'a');
      await assert.rejects(response.text(), TypeError);
      assert.throws(() => response.clone(), TypeError);
      assert.throws(() => response.content, TypeError);
      assert.equal(await copy.text(), 'a');
    }
    const empty = new HttpResponse();
    assert.deepEqual([await empty.text(), await empty.text()], ['', '']);
  });

  test('makes a real one', async () => {
    const light = HttpResponse.json({ a: 1 }, { status: 201 });
    const real = new Response(light.body, light);
    assert.deepEqual(
      [real.status, real.headers.get('content-type'), await real.json()],
      [201, 'application/json', { a: 1 }],
    );
  });

  test('has helpers, with the types that go with them', () => {
    assert.equal(HttpResponse.text('x').headers.get('content-type'), 'text/plain;charset=UTF-8');
    assert.equal(HttpResponse.html('x').headers.get('content-type'), 'text/html;charset=UTF-8');
    assert.equal(
      HttpResponse.json('x', { headers: { 'content-type': 'a/b' } }).headers.get('content-type'),
      'a/b',
    );
    assert.throws(() => HttpResponse.json(undefined), TypeError);
    const moved = HttpResponse.redirect('/x', 308);
    assert.deepEqual([moved.status, moved.headers.get('location')], [308, '/x']);
    assert.throws(() => HttpResponse.redirect('/x', 200), RangeError);
  });

  test('tells its fields without making headers', () => {
    assert.deepEqual(responseFields(new HttpResponse('x')), ['content-type', 'text/plain;charset=UTF-8']);
    assert.deepEqual(responseFields(new HttpResponse(null)), []);
    assert.deepEqual(responseFields(new Response(null, { headers: { A: 'b' } })), ['a', 'b']);
  });

  for (const init of [
    { status: 99 },
    { status: 101 },
    { status: 600 },
    { status: 200.5 },
  ] as HttpResponseInit[])
    test(`refuses ${JSON.stringify(init)}`, () => {
      assert.throws(() => new HttpResponse(null, init), RangeError);
    });

  test('refuses a reason and fields that cannot be sent', () => {
    assert.throws(() => new HttpResponse(null, { statusText: 'a\r\nb' }), TypeError);
    assert.throws(() => new HttpResponse(null, { headers: { a: 'b\r\nc' } }), TypeError);
  });

  test('lets its file be read, and calls when it is done', async () => {
    let done = 0;
    const response = HttpResponse.file({ fd: 0, offset: 0, length: 0, onDone: () => void done++ });
    assert.equal(await response.text(), '');
    assert.equal(done, 1);
    const cancelled = HttpResponse.file({ fd: 0, offset: 0, length: 1, onDone: () => void done++ });
    await cancelled.body!.cancel();
    assert.equal(done, 2);
  });
});
