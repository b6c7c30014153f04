import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toAddress } from '../../../core/index.ts';
import type { Door } from '../door.ts';
import { codeOf, enter, fill, testSite } from './test-site.ts';

test('metrics are text that Prometheus reads, and count what happened', async () => {
  const site = testSite();
  const door = { kind: 'tcp', address: toAddress('tcp://127.0.0.1:7000'), clients: 2 } as Door;
  (site.house.doors as Door[]).push(door);
  enter(site.house, 'anna');
  await fill(site.house, 3);
  site.house.tally.dropped = 7;
  assert.equal(await codeOf(await site.ask('/api/rooms/nowhere')), 'no-such-room');
  const response = await site.ask('/metrics');
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await response.text();
  const lines = text.split('\n');
  for (const expected of [
    '# TYPE modnet_exchange_members gauge',
    'modnet_exchange_members 1',
    'modnet_exchange_rooms 1',
    'modnet_exchange_messages_total 3',
    'modnet_exchange_deliveries_total 4',
    'modnet_exchange_dropped_total 7',
    'modnet_exchange_door_clients{door="tcp",address="tcp://127.0.0.1:7000"} 2',
    'modnet_exchange_http_requests_total{status="404"} 1',
    'process_start_time_seconds 1767323045.006',
  ])
    assert.ok(lines.includes(expected), `${expected} in:\n${text}`);
  assert.equal(lines.at(-1), '');
  const sample = /^[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? -?[\d.e+-]+$/;
  for (const line of lines.slice(0, -1))
    assert.match(line, line.startsWith('#') ? /^# (HELP|TYPE) [a-z_]+ ./ : sample);
});

test('the overview has the same as JSON', async () => {
  const site = testSite();
  enter(site.house, 'anna');
  site.house.clock.advance(2_500);
  assert.deepEqual(await (await site.ask('/api/stats')).json(), {
    server: 'modnet/test',
    uptime: 2,
    members: 1,
    rooms: 1,
    connections: 0,
    messages: 0,
    deliveries: 0,
    refused: 0,
    dropped: 0,
    slow: 0,
    wrongTokens: 0,
    doors: [],
  });
});
