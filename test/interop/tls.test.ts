/** TLS with the programs of others: openssl, curl, Python. Node's own is in src/transport/tls/hostile.test.ts. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { HalfCloseable } from '../../src/core/index.ts';
import { kernelAvailable } from '../../src/kernel/index.ts';
import { HttpResponse, serveHttp } from '../../src/service/http/index.ts';
import { tls, unix } from '../../src/transport/index.ts';
import { isTls, LocalAuthority, secure, type TlsOptions } from '../../src/transport/tls/index.ts';
import { peer } from './peers.ts';

const limited = { timeout: 30_000 };
const openssl = { ...limited, skip: peer('openssl').skip };
const python = { ...limited, skip: peer('python3').skip };
const curl = { ...limited, skip: peer('curl').skip };

const directory = mkdtempSync(join(tmpdir(), 'modnet-interop-tls-'));
const running = new Set<ChildProcessWithoutNullStreams>();
after(() => {
  for (const child of running) child.kill();
  rmSync(directory, { recursive: true });
});
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const authority = await LocalAuthority.open(join(directory, 'authority'));
const local = await authority.issue({ names: ['localhost', '127.0.0.1'] });
const other = await authority.issue({ names: ['other.localhost'] });
const somebody = await authority.issue({ names: [], client: true, commonName: 'somebody' });
const ca = file('ca.pem', authority.cert);
const both = file('server.pem', local.key + local.cert);
const clientPem = file('client.pem', somebody.key + somebody.cert);

/** A program that runs, and what it has said. */
class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  #output = '';
  #onNews = (): void => {};

  constructor(name: string, args: readonly string[]) {
    this.child = spawn(peer(name as 'openssl').path, args);
    running.add(this.child);
    this.#closed = once(this.child, 'close').then(() => {
      running.delete(this.child);
      this.#onNews();
    });
    this.child.stdin.on('error', () => {});
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('latin1');
        this.#onNews();
      });
  }

  /** What it has said when it has said `words`. */
  async says(words: RegExp): Promise<string> {
    while (!words.test(this.#output)) {
      if (!running.has(this.child)) assert.fail(`ended without ${words}: ${this.#output}`);
      await new Promise<void>((resolve) => {
        this.#onNews = resolve;
      });
    }
    return this.#output;
  }

  /** All that it says, when it is over. */
  async over(): Promise<string> {
    await this.#closed;
    return this.#output;
  }
}

const sClient = (port: number, ...args: string[]): Running =>
  new Running('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-CAfile', ca, ...args]);

async function echo(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) await connection.write(chunk);
  await connection.close();
}

/** A server of ours that echoes, on each driver. */
async function serve(driver: 'kernel' | 'node', options: TlsOptions = {}) {
  const listener = await tls.listen('tls://127.0.0.1:0', { driver, tls: { cert: both, ...options } });
  const seen: HalfCloseable[] = [];
  void (async () => {
    for await (const connection of listener) {
      seen.push(connection);
      echo(connection).catch(() => {});
    }
  })();
  const port = listener.address.kind === 'inet' ? listener.address.port : assert.fail();
  return {
    port,
    seen,
    listener,
    async [Symbol.asyncDispose]() {
      for (const connection of seen) connection.abort();
      await listener.close();
    },
  };
}

/** A free port for a program that cannot be asked which it took; it says so when it was taken meanwhile. */
async function sServer(...args: string[]): Promise<{ port: number; program: Running }> {
  const program = new Running('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', both, ...args]);
  const said = await program.says(/^ACCEPT \S*:(\d+)/m);
  return { port: Number(/^ACCEPT \S*:(\d+)/m.exec(said)![1]), program };
}

for (const driver of kernelAvailable() ? (['kernel', 'node'] as const) : (['node'] as const))
  describe(`TLS with others, ${driver}`, () => {
    for (const [flag, version] of [
      ['-tls1_3', 'TLSv1.3'],
      ['-tls1_2', 'TLSv1.2'],
    ] as const)
      test(`openssl s_client ${flag}`, openssl, async () => {
        await using s = await serve(driver, { alpn: ['h2', 'http/1.1'] });
        const client = sClient(
          s.port,
          flag,
          '-alpn',
          'http/1.1',
          '-verify_return_error',
          '-verify_hostname',
          'localhost',
        );
        client.child.stdin.write('there and back\n');
        const said = await client.says(/there and back$/m);
        client.child.stdin.end();
        await client.over();
        assert.match(said, new RegExp(version));
        assert.match(said, /ALPN protocol: http\/1\.1/);
        assert.match(said, /Verify return code: 0 \(ok\)/);
      });

    test('openssl s_client of TLS 1.1 is refused', openssl, async () => {
      await using s = await serve(driver);
      const said = await sClient(s.port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0').over();
      assert.match(said, /alert protocol version|no protocols available/);
      assert.equal(s.seen.length, 0);
    });

    test('openssl s_client asks for names', openssl, async () => {
      await using s = await serve(driver, { identities: [{ cert: other.cert, key: other.key }] });
      const shown = async (...args: string[]): Promise<string> => {
        const client = sClient(s.port, ...args);
        const said = await client.says(/subject=.*/);
        client.child.stdin.end();
        await client.over();
        return /subject=(.*)/.exec(said)![1]!;
      };
      assert.match(await shown('-servername', 'other.localhost'), /other\.localhost/);
      assert.match(await shown('-servername', 'localhost'), /CN ?= ?localhost/);
      assert.match(await shown('-noservername'), /CN ?= ?localhost/);
    });

    test('openssl s_client without a protocol in common gets the alert', openssl, async () => {
      await using s = await serve(driver, { alpn: ['h2'] });
      const said = await sClient(s.port, '-alpn', 'nosuch').over();
      assert.match(said, /alert number 120|no application protocol/);
    });

    test('openssl s_client shows who it is', openssl, async () => {
      await using s = await serve(driver, { ca, clientCertificate: 'require' });
      const client = sClient(s.port, '-cert', clientPem);
      client.child.stdin.write('it is me\n');
      await client.says(/it is me$/m);
      const [connection] = s.seen;
      assert.ok(connection !== undefined && isTls(connection));
      assert.equal(connection.tls.authorized, true);
      assert.equal(connection.tls.peerCertificate?.subject, 'CN=somebody');
      client.child.stdin.end();
      await client.over();
      assert.match(await sClient(s.port, '-tls1_2').over(), /alert handshake failure|certificate required/);
    });

    test('openssl s_client goes on with its session', openssl, async () => {
      await using s = await serve(driver);
      const session = join(directory, `session-${driver}.pem`);
      const first = sClient(s.port, '-sess_out', session);
      first.child.stdin.write('some words\n');
      await first.says(/some words$/m);
      first.child.stdin.end();
      await first.over();
      const second = sClient(s.port, '-sess_in', session);
      assert.match(await second.says(/^(New|Reused), /m), /^Reused, TLSv1\.3/m);
      second.child.stdin.end();
      await second.over();
      const again = sClient(s.port, '-tls1_2', '-reconnect');
      again.child.stdin.end();
      const said = await again.over();
      assert.equal(said.match(/^Reused, /gm)?.length, 5, said);
    });

    test('openssl s_client updates its keys, and asks for ours', openssl, async () => {
      await using s = await serve(driver);
      const client = sClient(s.port, '-tls1_3');
      client.child.stdin.write('so far so good\n');
      await client.says(/so far so good$/m);
      for (let time = 0; time < 5; time++) {
        client.child.stdin.write('K\n');
        await client.says(new RegExp(String.raw`(KEYUPDATE[\s\S]*){${time + 1}}`));
      }
      client.child.stdin.write('and still\n');
      await client.says(/and still$/m);
      client.child.stdin.end();
      await client.over();
    });

    test('openssl s_client must not renegotiate', openssl, async () => {
      await using s = await serve(driver);
      const client = sClient(s.port, '-tls1_2');
      client.child.stdin.write('so far so good\n');
      await client.says(/so far so good$/m);
      client.child.stdin.write('R\n');
      assert.match(
        await client.over(),
        /RENEGOTIATING[\s\S]*no renegotiation|unexpected message|handshake failure/i,
      );
    });

    for (const flag of ['-tls1_3', '-tls1_2'])
      test(`openssl s_server ${flag}`, openssl, async () => {
        const { port, program } = await sServer(flag, '-alpn', 'one,two', '-rev');
        const options = { driver, tls: { ca, alpn: ['two'] } } as const;
        for (const expected of [false, true]) {
          const connection = await tls.connect(`tls://localhost:${port}`, options);
          await connection.write(Buffer.from('abc\n'));
          assert.equal(Buffer.from((await connection.read())!).toString(), 'cba\n');
          assert.equal(connection.tls.alpn, 'two');
          assert.equal(connection.tls.resumed, expected);
          await connection.close();
        }
        program.child.kill();
        await program.over();
      });

    test('openssl s_server of TLS 1.1 is refused', openssl, async () => {
      const { port, program } = await sServer('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0');
      await assert.rejects(
        tls.connect(`tls://localhost:${port}?ca=${encodeURIComponent(ca)}`, { driver }),
        /no version of TLS in common|none of our versions|nothing in common/,
      );
      program.child.kill();
      await program.over();
    });

    test('openssl s_server wants a certificate', openssl, async () => {
      const { port, program } = await sServer('-CAfile', ca, '-Verify', '1', '-verify_return_error', '-rev');
      const connection = await tls.connect(`tls://localhost:${port}`, {
        driver,
        tls: { ca, cert: clientPem },
      });
      await connection.write(Buffer.from('abc\n'));
      assert.equal(Buffer.from((await connection.read())!).toString(), 'cba\n');
      await connection.close();
      const nobody = await tls.connect(`tls://localhost:${port}`, { driver, tls: { ca } });
      await assert.rejects(nobody.read(), /it wants a certificate of the client; give one with cert and key/);
      program.child.kill();
      await program.over();
    });

    test("Python's ssl, both ways", python, async () => {
      await using s = await serve(driver);
      const client = new Running('python3', ['-c', CLIENT, String(s.port), ca]);
      assert.match(await client.over(), /^TLSv1\.3 300000\s*$/);

      const server = new Running('python3', ['-c', SERVER, both]);
      const port = Number((await server.says(/^\d+$/m)).trim());
      const connection = await tls.connect(`tls://localhost:${port}`, { driver, tls: { ca } });
      const writing = connection.write(new Uint8Array(300_000).fill(120)).then(() => connection.end());
      let length = 0;
      for await (const chunk of connection) length += chunk.length;
      await writing;
      assert.equal(length, 300_000);
      await connection.close().catch(() => {});
      await server.over();
    });

    test('curl, over https', curl, async () => {
      const server = await serveHttp(
        'https://127.0.0.1:0',
        (request) => HttpResponse.text(`${request.url}\n`),
        {
          driver,
          tls: { cert: both },
          signals: false,
        },
      );
      const { port } = server.address as { port: number };
      const url = `https://localhost:${port}`;
      const fetched = new Running('curl', [
        '-sS',
        '--cacert',
        ca,
        `${url}/a`,
        `${url}/b`,
        '-w',
        '%{num_connects}\n',
      ]);
      assert.equal(await fetched.over(), `${url}/a\n1\n${url}/b\n0\n`);
      const untrusted = new Running('curl', ['-sS', url]);
      assert.match(await untrusted.over(), /certificate/);
      const plain = new Running('curl', ['-sS', `http://localhost:${port}`]);
      assert.match(await plain.over(), /This port speaks TLS. Use https:/);
      await server.close();
    });
  });

test('STARTTLS on a Unix socket, with Python', python, async () => {
  const path = join(directory, 'starttls.sock');
  const listener = await unix.listen(`unix://${path}`);
  const client = new Running('python3', ['-c', STARTTLS, path, ca]);
  const connection = (await listener.receive())!;
  assert.equal(Buffer.from((await connection.read())!).toString(), 'STARTTLS\n');
  await connection.write(Buffer.from('go\n'));
  const secured = await secure(connection, { role: 'server', cert: both });
  assert.equal(Buffer.from((await secured.read())!).toString(), 'in secret');
  await secured.close();
  assert.equal(await client.over(), "b''\n");
  await listener.close();
});

test('the keys that are logged are what Wireshark wants', openssl, async () => {
  const keyLog = join(directory, 'keys.log');
  const theirs = join(directory, 'their-keys.log');
  await using s = await serve(kernelAvailable() ? 'kernel' : 'node', { keyLog });
  const client = sClient(s.port, '-keylogfile', theirs);
  client.child.stdin.write('some words\n');
  await client.says(/some words$/m);
  client.child.stdin.end();
  await client.over();
  const lines = (path: string): string[] =>
    readFileSync(path, 'latin1')
      .split('\n')
      .filter((line) => /^(CLIENT|SERVER)_TRAFFIC_SECRET_0 /.test(line))
      .toSorted();
  assert.equal(lines(keyLog).length, 2);
  assert.deepEqual(lines(keyLog), lines(theirs));
});

const CLIENT = `
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as raw:
    with context.wrap_socket(raw, server_hostname='localhost') as s:
        sent = got = 0
        while got < 300000:
            if sent < 300000:
                sent += s.send(b'x' * 10000)
            got += len(s.recv(65536))
        print(s.version(), got)
        s.unwrap()
`;

const SERVER = `
import socket, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
with socket.create_server(('127.0.0.1', 0)) as listening:
    print(listening.getsockname()[1], flush=True)
    raw, _ = listening.accept()
    s = context.wrap_socket(raw, server_side=True)
    while True:
        data = s.recv(65536)
        if not data:
            break
        s.sendall(data)
    s.unwrap().close()
`;

const STARTTLS = `
import socket, ssl, sys
raw = socket.socket(socket.AF_UNIX)
raw.connect(sys.argv[1])
raw.sendall(b'STARTTLS\\n')
assert raw.recv(100) == b'go\\n'
s = ssl.create_default_context(cafile=sys.argv[2]).wrap_socket(raw, server_hostname='localhost')
s.sendall(b'in secret')
print(s.recv(100))
`;
