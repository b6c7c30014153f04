/** Servers over TLS, under every architecture that can. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { kernelAvailable, opensslAvailable } from '../kernel/index.ts';
import { tls } from '../transport/index.ts';
import { LocalAuthority } from '../transport/tls/index.ts';
import type { Architecture } from './architecture.ts';
import { type ServeOptions, serve } from './index.ts';

const limited = { timeout: 30_000 };
const onKernel = {
  ...limited,
  skip: !(kernelAvailable() && opensslAvailable()) && 'needs the kernel driver',
};
const directory = mkdtempSync(join(tmpdir(), 'modnet-server-tls-'));
after(() => rmSync(directory, { recursive: true }));
const authority = await LocalAuthority.open(directory);
const { cert, key } = await authority.issue({ names: ['127.0.0.1'] });
const ca = authority.cert;
const handler = new URL('./trials/test-handlers/echo.ts', import.meta.url);

const open = (architecture: Architecture, options: ServeOptions = {}) =>
  serve('tls://127.0.0.1:0', handler, { architecture, signals: false, tls: { cert, key }, ...options });

describe('a server over TLS', () => {
  for (const [architecture, options] of [
    ['serial', {}],
    ['reactor', {}],
    ['hybrid', { workers: 2 }],
    ['hybrid', { workers: 2, isolation: 'processes' }],
    ['hybrid', { workers: 2, listener: 'reuseport' }],
    ['prefork', { workers: 2 }],
    ['process', { workers: 2 }],
  ] as const)
    test(`${architecture} ${JSON.stringify(options)}`, onKernel, async () => {
      const server = await open(architecture, options);
      assert.equal(server.address.scheme, 'tls');
      for (const resumed of [false, true, true]) {
        const connection = await tls.connect(server.address, { tls: { ca } });
        await connection.write(Buffer.from('echo'));
        assert.equal(Buffer.from((await connection.read())!).toString(), 'echo');
        assert.equal(connection.tls.resumed, resumed, 'also of a session that another worker began');
        await connection.close();
      }
      await server.close();
    });

  test('serial on the node driver', limited, async () => {
    const server = await open('serial', { driver: 'node' });
    const connection = await tls.connect(server.address, { driver: 'node', tls: { ca } });
    await connection.write(Buffer.from('echo'));
    assert.equal(Buffer.from((await connection.read())!).toString(), 'echo');
    await connection.close();
    await server.close();
  });

  for (const architecture of ['thread', 'pool'] as const)
    test(`${architecture} would read ciphertext, and is refused`, onKernel, async () => {
      await assert.rejects(open(architecture), {
        code: 'unsupported',
        message: /read the socket itself, which of tls carries something else; take "hybrid"/,
      });
    });

  test('certificates that will not do are told when it opens', limited, async () => {
    await assert.rejects(open('reactor', { tls: { cert: join(directory, 'nowhere.pem') } }), /nowhere\.pem/);
    await assert.rejects(open('reactor', { tls: {} }), /needs a certificate and its key/);
  });
});
