import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIpv4, formatIpv6 } from '../bytes/ip.ts';
import { NetError } from '../core/error.ts';
import { interfaceIndex, interfaceName } from './interface.ts';
import { decodeSockaddr, encodeSockaddr, Sockaddr, type SocketAddress, sockaddrPort } from './sockaddr.ts';
import { bytesOf, noKernel } from './test-fixture.ts';

const port = fc.integer({ min: 0, max: 65535 });
const ipv4 = fc.record({
  family: fc.constant('ipv4' as const),
  host: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => formatIpv4(bytes)),
  port,
});
const ipv6 = fc.record(
  {
    family: fc.constant('ipv6' as const),
    host: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => formatIpv6(bytes)),
    port,
    flowinfo: fc.integer({ min: 1, max: 0xffffffff }),
    // No interface has such an index, so it comes back as the number.
    scope: fc.integer({ min: 1_000_000, max: 999_999_999 }).map(String),
  },
  { requiredKeys: ['family', 'host', 'port'] },
);
const unix = fc
  .record({
    family: fc.constant('unix' as const),
    path: fc.string({ maxLength: 107 }),
    abstract: fc.boolean(),
  })
  .filter(
    ({ path, abstract }) =>
      bytesOf(path).length <= 107 && path.isWellFormed() && (abstract || !path.includes('\0')),
  );

function encode(address: SocketAddress): Uint8Array {
  const bytes = new Uint8Array(128).fill(0xee);
  return bytes.subarray(0, encodeSockaddr(address, bytes));
}

function refuses(address: SocketAddress, code: string, words: RegExp): void {
  assert.throws(
    () => encode(address),
    (error) => {
      assert.ok(error instanceof NetError);
      assert.equal(error.code, code);
      assert.match(error.message, words);
      return true;
    },
  );
}

test('decoding is the inverse of encoding', { skip: noKernel }, () => {
  fc.assert(
    fc.property(fc.oneof(ipv4, ipv6, unix), (address) =>
      assert.deepEqual(decodeSockaddr(encode(address)), { ...address }),
    ),
  );
});

test('an address lies as the manual pages say', { skip: noKernel }, () => {
  const v4 = encode({ family: 'ipv4', host: '127.0.0.1', port: 0x1234 });
  assert.deepEqual([...v4], [2, 0, 0x12, 0x34, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  const v6 = encode({ family: 'ipv6', host: '::1', port: 80, flowinfo: 0x01020304, scope: '258' });
  assert.deepEqual([...v6], [10, 0, 0, 80, 1, 2, 3, 4, ...Array(15).fill(0), 1, 2, 1, 0, 0]);
  assert.deepEqual([...encode({ family: 'unix', path: '/a', abstract: false })], [1, 0, 0x2f, 0x61, 0]);
  assert.deepEqual([...encode({ family: 'unix', path: 'ab', abstract: true })], [1, 0, 0, 0x61, 0x62]);
  assert.deepEqual([...encode({ family: 'unix', path: '', abstract: false })], [1, 0]);
});

test('a Unix path may be given by the kernel without its NUL, and no address is an unnamed peer', () => {
  const full = Uint8Array.from([1, 0, ...Array(108).fill(0x61)]);
  assert.deepEqual(decodeSockaddr(full), { family: 'unix', path: 'a'.repeat(108), abstract: false });
  assert.deepEqual(decodeSockaddr(new Uint8Array(0)), { family: 'unix', path: '', abstract: false });
});

test('refuses what the kernel cannot hold', { skip: noKernel }, () => {
  const path = 'é'.repeat(54);
  refuses({ family: 'unix', path, abstract: false }, 'limit', /has 108 bytes; a Unix socket takes 107/);
  refuses({ family: 'unix', path, abstract: true }, 'limit', /Abstract name .* has 108 bytes/);
  refuses({ family: 'unix', path: 'a\0b', abstract: false }, 'unsupported', /NUL/);
  refuses({ family: 'ipv4', host: '::1', port: 1 }, 'unsupported', /"::1" is not an IPv4 address/);
  refuses(
    { family: 'ipv6', host: 'localhost', port: 1 },
    'unsupported',
    /"localhost" is not an IPv6 address/,
  );
  for (const wrong of [-1, 65536, 1.5, Number.NaN]) {
    refuses({ family: 'ipv4', host: '1.2.3.4', port: wrong }, 'unsupported', /is not between 0 and 65535/);
  }
  refuses(
    { family: 'ipv6', host: 'fe80::1', port: 1, scope: 'no-such-if' },
    'refused',
    /"no-such-if"; `ip link`/,
  );
  assert.throws(() => decodeSockaddr(Uint8Array.from([99, 0, 0, 0])), /family 99/);
});

test('a scope is an interface, by name or index', { skip: noKernel }, () => {
  const index = interfaceIndex('lo');
  assert.ok(index > 0);
  assert.equal(interfaceIndex(String(index)), index);
  assert.equal(interfaceName(index), 'lo');
  assert.equal(interfaceName(999_999), '999999');
  const address: SocketAddress = { family: 'ipv6', host: 'fe80::1', port: 9, scope: 'lo' };
  assert.deepEqual(decodeSockaddr(encode(address)), address);
  assert.throws(() => interfaceIndex('a-name-that-is-too-long'), /No network interface/);
});

test('holds an address in native memory', { skip: noKernel }, () => {
  const address = Sockaddr.from({ family: 'ipv4', host: '10.0.0.1', port: 7 });
  const kept = address.copy();
  assert.equal(kept.length, 16);
  address.set({ family: 'unix', path: '/x', abstract: false });
  assert.equal(address.port, 0);
  assert.deepEqual(address.setBytes(kept).decode(), { family: 'ipv4', host: '10.0.0.1', port: 7 });
  assert.equal(address.port, 7);
  assert.equal(address.domain, 2);
  assert.equal(sockaddrPort(kept), 7);
});
