import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FRAME } from '../../../protocol/http2/index.ts';
import { HttpResponse } from '../response.ts';
import { priorityOf } from './priority.ts';
import { GET_FIELDS, headers, windowUpdate } from './test-frames.ts';
import { RawClient } from './test-raw-client.ts';

describe('the priority of a request', () => {
  const table: [field: string | undefined, urgency: number, incremental: boolean][] = [
    [undefined, 3, false],
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i,u=5', 5, true],
    ['i=?0', 3, false],
    ['i=?1;x=y', 3, true],
    ['u=8', 3, false],
    ['u=-1', 3, false],
    ['u=2, new=(1 2)', 2, false],
    ['u=1, u=6', 6, false],
    ['U=1', 3, false],
    ['=;=', 3, false],
  ];
  for (const [field, urgency, incremental] of table)
    test(`of ${field}`, () => {
      const init = field === undefined ? {} : { headers: { priority: field } };
      assert.deepEqual(priorityOf(new Request('http://a/', init)), { urgency, incremental });
    });

  test('orders what is sent when there is not room for all', { timeout: 20_000 }, async () => {
    const client = await RawClient.open(
      (request) => new HttpResponse(Buffer.alloc(60_000, request.method)),
      {},
    );
    // The window of the connection takes the first, and leaves three that wait.
    const asked = (stream: number, priority: string): Buffer =>
      headers(stream, [...GET_FIELDS, ['priority', priority]]);
    await client.say(headers(1));
    await client.say(asked(3, 'u=7'), asked(5, 'u=3'), asked(7, 'u=0'));
    await client.say(windowUpdate(0, 180_000));
    const order = client.frames.filter(({ type }) => type === FRAME.data).map(({ stream }) => stream);
    const firsts = [...new Set(order)].slice(1);
    assert.deepEqual(firsts, [7, 5, 3]);
  });
});
