import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_DEADLINE } from '../limits.ts';
import { boundDeadline } from './deadline.ts';

test('deadlines that a timer cannot wait for become the longest', () => {
  const cases: [string, string, string][] = [
    ['grpc-timeout', '99999999H', '2147483S'],
    ['grpc-timeout', '2147484S', '2147483S'],
    ['grpc-timeout', '2147483S', '2147483S'],
    ['grpc-timeout', '99999999m', '99999999m'],
    ['grpc-timeout', 'soon', 'soon'],
    ['connect-timeout-ms', '9999999999', String(MAX_DEADLINE)],
    ['connect-timeout-ms', '5', '5'],
    ['connect-timeout-ms', 'soon', 'soon'],
  ];
  for (const [name, asked, bounded] of cases) {
    const headers = new Headers({ [name]: asked, other: 'a' });
    const result = boundDeadline(headers);
    assert.deepEqual([result.get(name), result.get('other')], [bounded, 'a']);
    assert.equal(result === headers, asked === bounded);
  }
});
