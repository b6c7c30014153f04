import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { NetError } from '../core/error.ts';
import { addressOf, kernelAvailable, libc, watchOnNode } from './ffi.ts';
import * as k from './index.ts';
import { Descriptors, noKernel } from './test-fixture.ts';

// The fixture has bound the library; a second copy of the module has not.
const fresh = (await import(`./ffi.ts?${'unbound'}`)) as typeof import('./ffi.ts');

function refuses(call: () => unknown, words: RegExp): void {
  assert.throws(call, (error) => {
    assert.ok(error instanceof NetError);
    assert.equal(error.code, 'unsupported');
    assert.match(error.message, words);
    assert.match(error.message, /use the node driver/);
    return true;
  });
}

test('elsewhere than on Linux a call says what is needed, and importing does not', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
  try {
    assert.equal(fresh.kernelAvailable(), false);
    refuses(() => fresh.libc(), /need Linux on x64 or arm64, this is darwin/);
    refuses(() => fresh.addressOf(new ArrayBuffer(8)), /need Linux/);
  } finally {
    Object.defineProperty(process, 'platform', platform);
  }
});

test('without koffi a call says so', { skip: noKernel }, () => {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'koffi') throw new Error('not installed');
        return next(specifier, context);
      },
    });
    const kernel = await import(process.env.KERNEL);
    if (kernel.kernelAvailable()) throw new Error('available');
    kernel.parseSocketOptions({ nodelay: '' });
    try { kernel.socket(kernel.AF_INET, kernel.SOCK_STREAM); } catch ({ name, code, message }) {
      console.log(JSON.stringify({ name, code, message }));
    }`;
  const env = { ...process.env, KERNEL: new URL('./index.ts', import.meta.url).href };
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    env,
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(output), {
    name: 'NetError',
    code: 'unsupported',
    message: `System calls need the package koffi, which did not load; use the node driver (MODNET_DRIVER=node)`,
  });
});

test('binds once', { skip: noKernel }, () => {
  assert.equal(kernelAvailable(), true);
  assert.equal(libc(), libc());
});

test('addresses point to the bytes of a view, small ones too', { skip: noKernel }, () => {
  const memory = new k.Memory(256);
  assert.equal(addressOf(memory.bytes.subarray(100)), memory.address + 100);
  const small = Uint8Array.from([1, 2, 3]);
  assert.equal(addressOf(small), addressOf(small.buffer));
});

test('Node calls back when a descriptor is readable', { skip: noKernel }, async () => {
  using fds = new Descriptors();
  const fd = fds.own(k.eventfd());
  const { promise, resolve } = Promise.withResolvers<void>();
  const handle = watchOnNode(fd, resolve);
  k.eventfdSignal(fd);
  await promise;
  handle.close();
  assert.equal(k.eventfdDrain(fd), 1);
});
