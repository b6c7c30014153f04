import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, type ConnectError, createClient } from '@connectrpc/connect';
import { Health, HealthCheckResponse_ServingStatus as Status } from '../gen/grpc/health/v1/health_pb.ts';
import { rpcHandler } from '../index.ts';
import { echoRoutes } from '../test-echo.ts';
import { ECHO, inside } from '../test-request.ts';

const limit = { timeout: 20_000 };

test('services serve from the beginning, unless set otherwise', limit, async () => {
  const handler = rpcHandler(echoRoutes());
  const client = createClient(Health, inside(handler));
  assert.equal((await client.check({})).status, Status.SERVING);
  assert.equal((await client.check({ service: ECHO })).status, Status.SERVING);
  handler.health.set(ECHO, 'NOT_SERVING');
  assert.equal((await client.check({ service: ECHO })).status, Status.NOT_SERVING);
  const { statuses } = await client.list({});
  assert.deepEqual(Object.keys(statuses).sort(), ['', ECHO]);
  await assert.rejects(
    client.check({ service: 'no' }),
    (error: ConnectError) => error.code === Code.NotFound,
  );
});

test(
  'who watches hears of each change, also of a service that comes later, and of the end',
  limit,
  async () => {
    const handler = rpcHandler(echoRoutes());
    const client = createClient(Health, inside(handler));
    const seen: Status[] = [];
    const steps = [
      () => handler.health.set('later', 'SERVING'),
      () => handler.health.set('later', 'NOT_SERVING'),
      () => handler.health.set('later', 'SERVING'),
      () => handler.health.drain(),
    ];
    const watching = (async () => {
      for await (const { status } of client.watch({ service: 'later' })) {
        seen.push(status);
        steps.shift()?.();
      }
    })();
    await assert.rejects(watching, (error: ConnectError) => error.code === Code.Unavailable);
    const { SERVICE_UNKNOWN, SERVING, NOT_SERVING } = Status;
    assert.deepEqual(seen, [SERVICE_UNKNOWN, SERVING, NOT_SERVING, SERVING, NOT_SERVING]);
  },
);

test('without health, nobody is told', limit, async () => {
  const client = createClient(Health, inside(rpcHandler(echoRoutes(), { health: false })));
  await assert.rejects(client.check({}), (error: ConnectError) => error.code === Code.Unimplemented);
});
