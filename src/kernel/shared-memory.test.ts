import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { kernelAvailable } from './ffi.ts';
import { createSharedMemory, mapSharedMemory } from './shared-memory.ts';
import { close } from './socket.ts';

const skip = kernelAvailable() ? false : 'needs Linux';

test('two mappings of one descriptor are the same memory, also after it was closed', { skip }, () => {
  const fd = createSharedMemory('modnet-test', 4096);
  const one = new Int32Array(mapSharedMemory(fd, 4096));
  const other = new Int32Array(mapSharedMemory(fd, 4096));
  close(fd);
  assert.equal(one.length, 1024);
  assert.equal(Atomics.add(one, 3, 5), 0);
  assert.equal(Atomics.load(other, 3), 5);
});

test('a child process that inherits it writes where its parent reads', { skip }, () => {
  const fd = createSharedMemory('modnet-test', 4096);
  const ints = new Int32Array(mapSharedMemory(fd, 4096));
  const program = `
    import { mapSharedMemory } from ${JSON.stringify(new URL('./shared-memory.ts', import.meta.url).href)};
    Atomics.add(new Int32Array(mapSharedMemory(3, 4096)), 7, 41);`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'inherit', 'inherit', fd],
    timeout: 20_000,
  });
  close(fd);
  assert.equal(child.status, 0);
  assert.equal(Atomics.load(ints, 7), 41);
});

test('what cannot be mapped is an error', { skip }, () => {
  assert.throws(() => mapSharedMemory(-1, 4096), { name: 'NetError', code: 'closed' });
});
