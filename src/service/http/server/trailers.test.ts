import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpBodyInit } from '../body.ts';
import type { HttpHandler } from '../contract.ts';
import { earlyHints, trailersOf } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { Dialogue, GET, okText } from './test-dialogue.ts';

const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n';
const trailers = (): Record<string, string> => ({ 'X-Sum': '7' });

describe('trailers of answers', () => {
  const bodies: [string, () => HttpBodyInit, string][] = [
    ['text', () => 'one', '3\r\none\r\n'],
    ['bytes', () => Buffer.from('one'), '3\r\none\r\n'],
    ['nothing', () => null, ''],
    ['a stream', () => ReadableStream.from(['one', 'two']) as never, '3\r\none\r\n3\r\ntwo\r\n'],
  ];
  for (const [name, body, chunks] of bodies)
    test(`follow ${name}, in chunks`, async () => {
      const headers = { 'content-type': 'a/b' };
      const dialogue = new Dialogue(() => new HttpResponse(body(), { headers, trailers }));
      const head = 'HTTP/1.1 200 OK\r\ncontent-type: a/b\r\ntransfer-encoding: chunked\r\n\r\n';
      assert.equal(await dialogue.say(GET), `${head}${chunks}0\r\nx-sum: 7\r\n\r\n`);
    });

  test('are asked for when the body is whole, and may take their time', async () => {
    let isWhole = false;
    async function* body(): AsyncGenerator<string> {
      yield 'one';
      isWhole = true;
    }
    const dialogue = new Dialogue(
      () => new HttpResponse(body(), { trailers: async () => ({ whole: `${isWhole}` }) }),
    );
    assert.match(await dialogue.say(GET), /\r\n3\r\none\r\n0\r\nwhole: true\r\n\r\n$/);
  });

  test('are not sent to HTTP/1.0, nor behind a HEAD', async () => {
    const respond: HttpHandler = () => new HttpResponse('one', { trailers });
    const old = await new Dialogue(respond).say('GET / HTTP/1.0\r\n\r\n');
    assert.match(old, /\r\n\r\none$/);
    assert.doesNotMatch(old, /chunked|x-sum/);
    assert.doesNotMatch(await new Dialogue(respond).say(GET.replace('GET', 'HEAD')), /x-sum/);
  });

  test('that fail, or may not be sent, end the connection', async () => {
    for (const failing of [() => Promise.reject(new Error('late')), () => ({ 'content-length': '1' })]) {
      const dialogue = new Dialogue(() => new HttpResponse('one', { trailers: failing }));
      await dialogue.say(GET);
      assert.equal(dialogue.state, 'reset');
    }
  });
});

describe('trailers of requests', () => {
  const tell: HttpHandler = async (request) => {
    const [body, fields] = await Promise.all([request.text(), trailersOf(request)]);
    return HttpResponse.json([body, ...fields]);
  };

  test('reach the handler when the body has', async () => {
    const heard = await new Dialogue(tell).say(`${CHUNKED}X-Sum: 7\r\n\r\n`);
    assert.match(heard, /\r\n\r\n\["body",\["x-sum","7"\]\]$/);
  });

  test('are none where none were sent', async () => {
    assert.match(await new Dialogue(tell).say(`${CHUNKED}\r\n`), /\r\n\r\n\["body"\]$/);
    assert.match(await new Dialogue(tell).say(GET), /\r\n\r\n\[""\]$/);
    assert.deepEqual([...(await trailersOf(new Request('http://a/')))], []);
  });

  test('are refused when the client is gone before', async () => {
    const refused = Promise.withResolvers<unknown>();
    const dialogue = new Dialogue((request) => {
      trailersOf(request).catch(refused.resolve);
      return new Promise(() => {});
    });
    await dialogue.say(CHUNKED.slice(0, -5));
    dialogue.wire.abort();
    assert.equal(((await refused.promise) as { code: string }).code, 'broken');
  });
});

describe('early hints', () => {
  const hint: HttpHandler = (request) => {
    const link = { link: '</a.css>; rel=preload' };
    return HttpResponse.text([earlyHints(request, link), earlyHints(request, { ...link, te: 'x' })].join());
  };
  const HINT = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n';

  test('precede the answer', async () => {
    assert.equal(await new Dialogue(hint).say(GET + GET), (HINT + HINT + okText('true,true')).repeat(2));
  });

  test('are not sent to HTTP/1.0, nor behind an answer, nor for what came from no server', async () => {
    assert.match(await new Dialogue(hint).say('GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 .*false,false$/s);
    let late: (() => boolean) | undefined;
    const dialogue = new Dialogue((request) => {
      late = () => earlyHints(request, {});
      return HttpResponse.text('');
    });
    await dialogue.say(GET);
    assert.equal(late?.(), false);
    assert.equal(earlyHints(new Request('http://a/'), {}), false);
  });

  test('that cannot be sent are refused', async () => {
    const dialogue = new Dialogue((request) => {
      assert.throws(() => earlyHints(request, { link: 'a\r\nb' }), TypeError);
      return HttpResponse.text('');
    });
    assert.equal(await dialogue.say(GET), okText(''));
  });
});
