import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpHandler } from '../contract.ts';
import { HttpResponse } from '../response.ts';
import { compose } from '../routing/compose.ts';
import { testContext, testRequest } from '../test-context.ts';
import { type CorsOptions, cors } from './cors.ts';

const handler: HttpHandler = () => new HttpResponse('ok', { headers: { vary: 'Accept' } });

async function ask(options: CorsOptions, headers: Record<string, string>, method = 'GET'): Promise<Response> {
  return compose([cors(options)], handler)(testRequest('/', { headers, method }), testContext());
}

const preflight = { origin: 'https://a.test', 'access-control-request-method': 'PUT' };

function allowed(headers: Headers): Record<string, string> {
  return Object.fromEntries(
    [...headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );
}

test('everybody may, without credentials', async () => {
  const { headers } = await ask({ exposed: ['x-total', 'x-page'] }, { origin: 'https://a.test' });
  assert.deepEqual(allowed(headers), {
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'x-total, x-page',
    vary: 'Accept',
  });
  assert.deepEqual(allowed((await ask({}, {})).headers), { vary: 'Accept' });
});

test('those on the list may, and caches are told that it depends', async () => {
  const options = { origins: ['https://a.test'], credentials: true };
  assert.deepEqual(allowed((await ask(options, { origin: 'https://a.test' })).headers), {
    'access-control-allow-credentials': 'true',
    'access-control-allow-origin': 'https://a.test',
    vary: 'Accept, origin',
  });
  for (const origin of [
    'https://b.test',
    'null',
    'https://a.test.evil.test',
    'HTTPS://A.TEST',
    'http://a.test',
  ])
    assert.deepEqual(allowed((await ask(options, { origin })).headers), { vary: 'Accept, origin' }, origin);
  assert.deepEqual(allowed((await ask(options, {})).headers), { vary: 'Accept, origin' });
  const decided = { origins: (origin: string) => origin.endsWith('.test') };
  const { headers } = await ask(decided, { origin: 'https://x.test' });
  assert.equal(headers.get('access-control-allow-origin'), 'https://x.test');
});

test('a preflight is answered here', async () => {
  const answer = await ask(
    {},
    { ...preflight, 'access-control-request-headers': 'authorization, x-a' },
    'OPTIONS',
  );
  assert.equal(answer.status, 204);
  assert.deepEqual(allowed(answer.headers), {
    'access-control-allow-headers': 'authorization, x-a',
    'access-control-allow-methods': 'GET, HEAD, PUT, PATCH, POST, DELETE',
    'access-control-allow-origin': '*',
    'access-control-max-age': '600',
    vary: 'access-control-request-headers',
  });
  const strict = {
    origins: ['https://a.test'],
    headers: ['x-a'],
    methods: ['PUT'],
    maxAge: 5,
    credentials: true,
  };
  assert.deepEqual(allowed((await ask(strict, preflight, 'OPTIONS')).headers), {
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'x-a',
    'access-control-allow-methods': 'PUT',
    'access-control-allow-origin': 'https://a.test',
    'access-control-max-age': '5',
    vary: 'origin',
  });
  const other = await ask(strict, { ...preflight, origin: 'https://b.test' }, 'OPTIONS');
  assert.deepEqual([other.status, allowed(other.headers)], [204, { vary: 'origin' }]);
});

test('an OPTIONS that is no preflight goes on', async () => {
  assert.equal(await (await ask({}, { origin: 'https://a.test' }, 'OPTIONS')).text(), 'ok');
});

test('credentials from everywhere are refused', () => {
  assert.throws(() => cors({ credentials: true }), { code: 'unsupported' });
});
