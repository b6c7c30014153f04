import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headText, UNSAID } from './response-head.ts';

test('an answer that names another protocol says that this is of the connection', () => {
  const plan = { status: 426, reason: '', length: UNSAID, date: 'now', fields: ['upgrade', 'websocket'] };
  for (const [connection, said] of [
    ['', 'upgrade'],
    ['upgrade', 'upgrade'],
    ['close', 'close, upgrade'],
  ] as const)
    assert.ok(headText({ ...plan, connection }).includes(`\r\nconnection: ${said}\r\n`), said);
  assert.ok(!headText({ ...plan, fields: [], connection: '' }).includes('connection'));
});
