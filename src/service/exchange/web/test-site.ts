/** What the tests of the web doors share: the site without a server, and somebody to ask it. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type Address, inetAddress } from '../../../core/index.ts';
import type { HttpContext } from '../../http/index.ts';
import { HttpResponse } from '../../http/index.ts';
import { testContext } from '../../http/test-context.ts';
import type { ExchangeLimits } from '../limits.ts';
import { Ear, type TestHouse, testHouse } from '../test-house.ts';
import { OwnNames } from './guard-host.ts';
import { RequestCount } from './metrics.ts';
import { makeSite } from './site.ts';

/** Where the site is. */
export const HOST = 'http://127.0.0.1:8080';

export interface TestSite {
  readonly house: TestHouse;
  /** Asks from another address than this machine's where `context` says so. */
  ask(path: string, init?: RequestInit, context?: Partial<HttpContext>): Promise<Response>;
}

export interface TestSiteOptions {
  readonly limits?: Partial<ExchangeLimits>;
  readonly token?: string;
  readonly allowedOrigins?: readonly string[];
}

export function testSite({ limits, token, allowedOrigins = [] }: TestSiteOptions = {}): TestSite {
  const house = testHouse(limits, undefined, token);
  const handler = makeSite({
    house,
    names: new OwnNames(['chat.example.net']),
    allowedOrigins,
    requests: new RequestCount(),
    page: () => HttpResponse.html('<h1>page</h1>'),
    socket: () => HttpResponse.text('socket'),
    events: () => HttpResponse.text('events'),
  });
  const remote = inetAddress('http', '127.0.0.1', 50_000);
  const local = inetAddress('http', '127.0.0.1', 8080);
  return {
    house,
    ask: async (path, init, context) =>
      handler(new Request(new URL(path, HOST), init), testContext({ remote, local, ...context })),
  };
}

/** Somebody elsewhere. */
export function from(host: string): { readonly remote: Address } {
  return { remote: inetAddress('http', host, 50_000) };
}

/** A request that posts JSON. */
export function posting(value: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof value === 'string' ? value : JSON.stringify(value),
  };
}

/** The code of the problem that was answered, after a look at the rest. */
export async function codeOf(response: Response): Promise<string> {
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const { type, title, status, detail, code } = (await response.json()) as Record<string, string>;
  assert.equal(type, `urn:modnet:exchange:problem:${code}`);
  assert.equal(status, response.status);
  assert.ok(title !== '' && detail !== '');
  return code!;
}

/** Enters a member that only listens. */
export function enter({ hub }: TestHouse, name: string, room = 'lobby'): Ear {
  const ear = new Ear();
  hub.join(hub.enter(ear, 'tcp', name), room);
  return ear;
}

/** So many messages, `body 1` and so on. */
export async function fill({ hub }: TestHouse, count: number, room = 'lobby'): Promise<void> {
  for (let index = 1; index <= count; index++)
    hub.post('elsewhere', `speaker-${index % 9}`, room, 'say', `body ${index}`, () => {});
  await turn();
}
