/** What a server gives a handler, for tests that have none. */
import { namedAddress } from '../../core/index.ts';
import type { HttpContext } from './contract.ts';

export function testContext(changes: Partial<HttpContext> = {}): HttpContext {
  return {
    remote: namedAddress('memory', 'client'),
    local: namedAddress('memory', 'server'),
    secure: false,
    version: 'HTTP/1.1',
    params: {},
    draining: new AbortController().signal,
    ...changes,
  };
}

/** A request of this path to http://example.test. */
export function testRequest(path: string, init: RequestInit = {}): Request {
  return new Request(`http://example.test${path}`, init);
}
