import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type HalfCloseable, NetError } from '../../../core/index.ts';
import type { Architecture, Context, Handler } from '../../../server/index.ts';
import { connect, listen } from '../../../transport/index.ts';
import { handlerModule } from '../handler-module.ts';
import type { ListenOptions } from '../options.ts';

const options = { timeout: 20_000 };

async function load(options: ListenOptions): Promise<{ handler: Handler; shared: unknown }> {
  const { module, shared } = handlerModule(options);
  return { handler: (await import(module.href)).default, shared };
}

async function pair(): Promise<[HalfCloseable, HalfCloseable]> {
  const listener = await listen('memory:');
  const client = await connect(listener.address);
  const server = await listener.receive();
  await listener.close();
  return [client, server!];
}

function serving(shared: unknown, architecture: Architecture = 'reactor'): [Context, AbortController] {
  const draining = new AbortController();
  return [{ architecture, worker: 0, signal: draining.signal, shared }, draining];
}

async function textOf(connection: HalfCloseable): Promise<string> {
  let text = '';
  for await (const chunk of connection) text += Buffer.from(chunk).toString();
  return text;
}

const CASES: [ListenOptions, Architecture, string][] = [
  [{ echo: true }, 'reactor', 'hello'],
  [{ echo: true }, 'thread', 'hello'],
  [{ discard: true }, 'reactor', ''],
  [{ exec: 'tr a-z A-Z' }, 'reactor', 'HELLO'],
];

for (const [mode, architecture, answer] of CASES) {
  const name = `${Object.keys(mode)[0]} in ${architecture}`;

  test(`${name}: answers what was sent, up to its end`, options, async () => {
    const { handler, shared } = await load(mode);
    const [client, server] = await pair();
    const done = handler(server, serving(shared, architecture)[0]).then(() => server.close());
    await client.write(Buffer.from('hello'));
    await client.end();
    assert.equal(await textOf(client), answer);
    await done;
  });

  test(`${name}: returns when the server drains`, options, async () => {
    const { handler, shared } = await load(mode);
    const [client, server] = await pair();
    const [context, draining] = serving(shared, architecture);
    const done = handler(server, context).then(() => server.close());
    draining.abort(new NetError('closed', 'The server is closing'));
    assert.equal(await textOf(client), '');
    await client.close();
    await done;
  });

  test(`${name}: fails when the connection breaks`, options, async () => {
    const { handler, shared } = await load(mode);
    const [client, server] = await pair();
    const done = handler(server, serving(shared, architecture)[0]);
    client.abort();
    await assert.rejects(done, NetError);
  });
}

test('a command that fails fails the handler, after its output', options, async () => {
  const { handler, shared } = await load({ exec: 'echo said; exit 3' });
  const [client, server] = await pair();
  const done = handler(server, serving(shared)[0]);
  const failed = assert.rejects(done, /failed with exit code 3/);
  assert.equal(await textOf(client), 'said\n');
  await client.close();
  await failed;
});

test('a handler of the user gets nothing to share', () => {
  const handler = new URL('file:///handler.ts');
  assert.deepEqual(handlerModule({ handler }), { module: handler, shared: undefined });
});
