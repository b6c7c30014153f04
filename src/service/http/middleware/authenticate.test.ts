import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpHandler, Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { compose } from '../routing/compose.ts';
import { testContext, testRequest } from '../test-context.ts';
import { basicAuth, bearerAuth, isSameSecret, userOf } from './authenticate.ts';

const whoami: HttpHandler = (request) => HttpResponse.text(userOf(request)!);

async function ask(middleware: Middleware, authorization?: string): Promise<string> {
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await compose([middleware], whoami)(testRequest('/', { headers }), testContext());
  return answer.status === 200 ? answer.text() : `${answer.status} ${answer.headers.get('www-authenticate')}`;
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
const CHALLENGE = '401 Basic realm="The \\"vault\\"", charset="UTF-8"';

test('who knows name and password comes in', async () => {
  const guard = basicAuth({ users: { ada: 'pass:wörd', empty: '' }, realm: 'The "vault"' });
  assert.equal(await ask(guard, basic('ada:pass:wörd')), 'ada');
  assert.equal(await ask(guard, basic('ada:pass:wörd').replace('Basic', 'bAsIc')), 'ada');
  assert.equal(await ask(guard, basic('empty:')), 'empty');
  for (const wrong of [
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic %%%',
    'Bearer abc',
    basic('ada'),
    basic('ada:'),
    basic('ada:wrong'),
    basic('Ada:pass:wörd'),
    basic('nobody:'),
    basic('constructor:'),
    basic('__proto__:'),
    basic('ada:pass:wörd\0'),
    `Basic ${'A'.repeat(10_000)}`,
  ])
    assert.equal(await ask(guard, wrong), CHALLENGE, String(wrong));
});

test('a function may decide', async () => {
  const guard = basicAuth({ users: async (user, password) => user === password });
  assert.equal(await ask(guard, basic('same:same')), 'same');
  assert.match(await ask(guard, basic('a:b')), /^401 Basic realm="This server"/);
});

test('who brings a token comes in, and what is no token is told apart from none', async () => {
  const guard = bearerAuth({ tokens: ['one-1', 'two~2'] });
  assert.equal(await ask(guard, 'Bearer two~2'), 'token');
  assert.equal(await ask(guard, 'bearer one-1'), 'token');
  assert.equal(await ask(guard), '401 Bearer realm="This server"');
  assert.equal(await ask(guard, basic('a:b')), '401 Bearer realm="This server"');
  for (const wrong of ['three', 'one-1 ', 'one-1x', 'two words', '"', 'one-1,two~2'])
    assert.equal(
      await ask(guard, `Bearer ${wrong}`),
      wrong === 'one-1 ' ? 'token' : '401 Bearer realm="This server", error="invalid_token"',
      wrong,
    );
  const named = bearerAuth({ tokens: (token) => (token === 'abc' ? 'ada' : null) });
  assert.equal(await ask(named, 'Bearer abc'), 'ada');
});

test('secrets of different lengths are compared without an error', () => {
  assert.equal(isSameSecret('a', 'a'), true);
  assert.equal(isSameSecret('a', 'aa'), false);
  assert.equal(isSameSecret('', 'é'), false);
});
