import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { kernelAvailable } from '../../kernel/index.ts';
import { bytes, readExactly, rejectsWith } from '../../testing/transport/subject.ts';
import { unix } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'modnet-unix-'));
const limited = { timeout: 20_000 };

after(() => rmSync(folder, { recursive: true }));

/** Leaves a socket's path behind, as a server does that was killed. */
function abandon(path: string): void {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  try {
    execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' });
  } catch {
    // It was killed: that is the point.
  }
  assert.ok(existsSync(path));
}

for (const driver of ['node', 'kernel'] as const) {
  if (driver === 'kernel' && !kernelAvailable()) continue;
  describe(`unix paths on ${driver}`, () => {
    test('a path is there while it is listened on, and gone afterwards', limited, async () => {
      const path = join(folder, `plain-${driver}`);
      const listener = await unix.listen(`unix:${path}`, { driver });
      assert.ok(existsSync(path));
      const client = await unix.connect(`unix:${path}`, { driver });
      const server = (await listener.receive())!;
      await client.write(bytes('hi'));
      assert.equal(String(await readExactly(server, 2)), 'hi');
      assert.equal(String(server.local), `unix://${path}`);
      await Promise.all([client.close(), server.close()]);
      await listener.close();
      assert.ok(!existsSync(path));
    });

    test('a path that a dead server left is replaced', limited, async () => {
      const path = join(folder, `stale-${driver}`);
      abandon(path);
      const listener = await unix.listen(`unix:${path}`, { driver });
      const client = await unix.connect(`unix:${path}`, { driver });
      await client.abort();
      await listener.close();
    });

    test('a path that is listened on is refused, names its holder, and stays', limited, async () => {
      const path = join(folder, `live-${driver}`);
      await using listener = await unix.listen(`unix:${path}`, { driver });
      const error = await rejectsWith(unix.listen(`unix:${path}`, { driver }), 'refused');
      if (process.platform === 'linux') assert.match(error.message, /in use by this process \(pid \d+\)/);
      (await unix.connect(listener.address, { driver })).abort();
    });

    test('a file that is no socket is never removed', limited, async () => {
      const path = join(folder, `file-${driver}`);
      writeFileSync(path, 'precious');
      const error = await rejectsWith(unix.listen(`unix:${path}`, { driver }), 'refused');
      assert.match(error.message, /the path exists and is no socket/);
      assert.equal(readFileSync(path, 'utf8'), 'precious');
    });

    test('closing leaves a path that another server has bound since', limited, async () => {
      const path = join(folder, `rebound-${driver}`);
      const first = await unix.listen(`unix:${path}`, { driver: 'kernel' });
      rmSync(path);
      const second = await unix.listen(`unix:${path}`, { driver });
      await first.close();
      assert.ok(existsSync(path));
      await second.close();
    });

    test('a folder that is not there, and a path that is too long, are clear errors', limited, async () => {
      const error = await rejectsWith(unix.listen(`unix:${folder}/none/s`, { driver }), 'refused');
      assert.match(error.message, /no such file or directory; make the folder first/);
      await rejectsWith(unix.listen(`unix:/${'x'.repeat(200)}`, { driver }), 'limit');
      await rejectsWith(unix.connect(`unix:${folder}/nobody`, { driver }), 'refused');
    });

    test('an abstract name is free again when it is closed', {
      ...limited,
      skip: process.platform !== 'linux',
    }, async () => {
      const name = `unix:@modnet-${driver}-${process.pid}`;
      for (let round = 0; round < 2; round++) await (await unix.listen(name, { driver })).close();
      await using _held = await unix.listen(name, { driver });
      await rejectsWith(unix.listen(name, { driver }), 'refused');
    });
  });
}
