/** Every example runs as its first comment says, ends by itself, and prints what it is there to show. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kernelAvailable } from '../src/kernel/index.ts';
import { Tool } from './tool.ts';

const FOLDER = fileURLToPath(new URL('../examples/', import.meta.url));

/** By example: what its last line says. */
const LAST_LINE: Readonly<Record<string, RegExp>> = {
  'any-transport.ts': /^memory:example {2}desserts -> stressed$/,
  'architectures.ts': /^hybrid +stressed +worker [12] of 2$/,
  'exchange-bot.ts': /^\d+ messages were said$/,
  'framing.ts': /^protocol: The stream ended within a message, after 3 of 7 bytes of it$/,
  'hono.ts': /^200 \{"said":"twice"\}$/,
  'http-client.ts': /^connect: GET http:\/\/127\.0\.0\.1:1\/: no connection: .*connection refused/,
  'http-hybrid.ts': /^Hello, world from 2 threads$/,
  'http-routes.ts': /^event 0: lift-off$/,
  'http-server.ts': /^HEARD\?$/,
  'rpc.ts': /^connect {2}\[not_found\] nobody measures in Atlantis$/,
  'http2.ts': /^4 requests, 2 connections$/,
  'static-site.ts': /^400 \/%00 {9}\d+ bytes$/,
  'sync.ts': /^1229 primes below 10000, the largest is 9973$/,
  'tls-echo.ts': /^and again: TLSv1\.3, echo\/1, resumed$/,
  'tls-starttls.ts': /^in secret: hello$/,
  'websocket-room.ts': /^closed with 1000$/,
  'websocket-stream.ts': /^closed with 1000$/,
  'ten-users.ts': /^Nothing is left to wait for\./,
  'undici-on-modnet.ts': /^node:http {2}GET over unix:@modnet-example-N$/,
};

const NEEDS_KERNEL = new Set(['architectures.ts', 'http-hybrid.ts', 'ten-users.ts']);

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.ts'))) {
  const skip = NEEDS_KERNEL.has(name) && !kernelAvailable() ? 'needs Linux' : false;
  test(`examples/${name}`, { skip }, async () => {
    const expected = LAST_LINE[name];
    assert.ok(expected, `examples/${name} has no entry here`);
    const { code, stdout, stderr } = await new Tool(process.execPath, ['-C', 'modnet-source', FOLDER + name])
      .ended;
    assert.equal(stderr.replaceAll(/^.*(ExperimentalWarning|trace-warnings).*\n/gm, ''), '');
    assert.equal(code, 0);
    assert.match(stdout.toString().trimEnd().split('\n').at(-1)!, expected);
  });
}

test('ten users are served at the same time, by one thread', {
  skip: !kernelAvailable() && 'needs Linux',
}, async () => {
  const { stdout } = await new Tool(process.execPath, ['-C', 'modnet-source', `${FOLDER}ten-users.ts`]).ended;
  const right = stdout.toString().matchAll(/user (\d+): I hear: Right\./g);
  assert.equal(new Set([...right].map(([, user]) => user)).size, 10);
});
