import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inetAddress } from '../../../core/index.ts';
import { HttpResponse } from '../response.ts';
import { type AccessLogFormat, accessLine } from './access-log.ts';
import {
  type HttpFaultEvent,
  type HttpRequestEvent,
  httpErrors,
  httpFaults,
  httpRequests,
} from './diagnostics.ts';
import { Dialogue, GET } from './test-dialogue.ts';

const EVENT: HttpRequestEvent = {
  remote: inetAddress('tcp', '192.0.2.1', 1234),
  method: 'GET',
  target: '/a"b\\c\x1b[1m',
  version: '1.1',
  status: 200,
  bytes: 12,
  time: Date.UTC(2026, 1, 3, 4, 5, 6),
  duration: 1.23456,
  host: 'a',
  referer: undefined,
  userAgent: 'x\n"\xe9\x9b',
  complete: true,
};

const REQUEST = '192.0.2.1 - - [03/Feb/2026:04:05:06 +0000] "GET /a\\x22b\\x5Cc\\x1B[1m HTTP/1.1" 200 12';

describe('lines of access logs', () => {
  test('common', () => {
    assert.equal(accessLine(EVENT, 'common'), REQUEST);
  });

  test('combined', () => {
    assert.equal(accessLine(EVENT, 'combined'), `${REQUEST} "-" "x\\x0A\\x22\\xE9\\x9B"`);
  });

  test('json', () => {
    const line = accessLine(EVENT, 'json');
    assert.match(line, /^[ -~\u00a0-\uffff]*$/);
    assert.deepEqual(JSON.parse(line), {
      time: '2026-02-03T04:05:06.000Z',
      remote: '192.0.2.1',
      method: 'GET',
      target: '/a"b\\c\x1b[1m',
      version: '1.1',
      status: 200,
      bytes: 12,
      duration: 1.235,
      host: 'a',
      userAgent: 'x\n"\xe9\x9b',
      complete: true,
    });
  });
});

describe('who observes a server', () => {
  test('hears of each request, and of how it was answered', async () => {
    const lines: string[] = [];
    const write = (line: string): void => void lines.push(line);
    const format: AccessLogFormat = 'common';
    const dialogue = new Dialogue(
      (request) =>
        request.url.endsWith('/2')
          ? new HttpResponse(ReadableStream.from(['four']) as never)
          : new HttpResponse('one'),
      { accessLog: { format, write } },
    );
    await dialogue.say(`${GET}${GET.replace('/', '/2')}nonsense\r\n\r\n`);
    const untimed = lines.map((line) => line.replace(/ \[.*\]/, ''));
    const peer = 'memory:near - -';
    assert.deepEqual(untimed, [
      `${peer} "GET / HTTP/1.1" 200 3\n`,
      `${peer} "GET /2 HTTP/1.1" 200 4\n`,
      `${peer} "- - HTTP/1.1" 400 ${dialogue.raw.split('\r\n\r\n').at(-1)!.length}\n`,
    ]);
  });

  test('hears of requests that were not answered', async () => {
    const events: HttpRequestEvent[] = [];
    const onEvent = (event: unknown): void => void events.push(event as HttpRequestEvent);
    httpRequests.subscribe(onEvent);
    const dialogue = new Dialogue(() => new Promise(() => {}));
    await dialogue.say(GET);
    assert.equal(events.length, 0);
    dialogue.wire.abort();
    await dialogue.settle();
    httpRequests.unsubscribe(onEvent);
    assert.deepEqual(
      events.map(({ status, complete }) => [status, complete]),
      [[0, false]],
    );
  });

  test('hears of faults and errors', async () => {
    const faults: HttpFaultEvent[] = [];
    const errors: unknown[] = [];
    const onFault = (event: unknown): void => void faults.push(event as HttpFaultEvent);
    const onError = (event: unknown): void => void errors.push(event);
    httpFaults.subscribe(onFault);
    httpErrors.subscribe(onError);
    const failure = new Error('failed');
    await new Dialogue(() => Promise.reject(failure)).say(GET);
    await new Dialogue(() => new HttpResponse()).say('GET / HTTP/1.1\r\n\r\n');
    await new Dialogue(() => new HttpResponse()).say(GET.replace('GET', 'TRACE'));
    httpFaults.unsubscribe(onFault);
    httpErrors.unsubscribe(onError);
    assert.deepEqual(
      faults.map(({ status }) => status),
      [400, 405],
    );
    assert.equal(errors.length, 1);
    assert.equal((errors[0] as { error: Error }).error, failure);
  });
});
