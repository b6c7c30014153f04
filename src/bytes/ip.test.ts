import assert from 'node:assert/strict';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIpv4, formatIpv6, isIpv4Mapped, networkOf, parseIpv4, parseIpv6 } from './ip.ts';

const ipv4Bytes = fc.uint8Array({ minLength: 4, maxLength: 4 });
/** Zero groups are made frequent, so that runs of them of every length and place occur. */
const ipv6Bytes = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff })), { minLength: 8, maxLength: 8 })
  .map((groups) => Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff])));
const addressLike = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCF:.%g '), maxLength: 24 }),
  fc
    .array(fc.constantFrom('0', '1', '255', '256', '01', 'ffff', '10000', ':', '::', '.', '1.2.3.4'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
);

test('IPv4 text and bytes are inverse', () => {
  fc.assert(fc.property(ipv4Bytes, (bytes) => assert.deepEqual(parseIpv4(formatIpv4(bytes)), bytes)));
});

test('IPv6 text and bytes are inverse', () => {
  fc.assert(fc.property(ipv6Bytes, (bytes) => assert.deepEqual(parseIpv6(formatIpv6(bytes)), bytes)));
});

test('accepts what the platform accepts and nothing else', () => {
  fc.assert(
    fc.property(addressLike, (text) => {
      assert.equal(parseIpv4(text) !== null, isIPv4(text), `IPv4 ${JSON.stringify(text)}`);
      const scoped = text.includes('%');
      assert.equal(parseIpv6(text) !== null, !scoped && isIPv6(text), `IPv6 ${JSON.stringify(text)}`);
    }),
    { numRuns: 2000 },
  );
});

test('reads the same bytes as the platform', () => {
  fc.assert(
    fc.property(ipv6Bytes, (bytes) => {
      const text = formatIpv6(bytes);
      const platform = new SocketAddress({ family: 'ipv6', address: text }).address;
      assert.deepEqual(parseIpv6(platform), bytes);
    }),
  );
});

test('IPv6 text is canonical', () => {
  // The examples of RFC 5952, sections 1, 4 and 5, and the edges of `::`.
  const canonical: Record<string, string> = {
    '2001:db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '2001:0DB8:0000:0000:0001:0000:0000:0001': '2001:db8::1:0:0:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '2001:0:0:1:0:0:0:1': '2001:0:0:1::1',
    '2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA': '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa',
    '0:0:0:0:0:0:0:0': '::',
    '0:0:0:0:0:0:0:1': '::1',
    '1:0:0:0:0:0:0:0': '1::',
    '0:0:0:0:0:ffff:192.0.2.1': '::ffff:192.0.2.1',
    '::ffff:c000:201': '::ffff:192.0.2.1',
    '1::2:3:4:5:6:7': '1:0:2:3:4:5:6:7',
    '64:ff9b::192.0.2.33': '64:ff9b::c000:221',
    '1:2:3:4:5:6:1.2.3.4': '1:2:3:4:5:6:102:304',
  };
  for (const [text, expected] of Object.entries(canonical)) {
    const bytes = parseIpv6(text);
    assert.ok(bytes, text);
    assert.equal(formatIpv6(bytes), expected);
  }
});

test('refuses what is not an address', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1..3.4',
    '0x1.2.3.4',
    '::1',
  ]) {
    assert.equal(parseIpv4(text), null, text);
  }
  const ipv6 = [
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '::1%lo',
    '1:',
    ':1',
  ];
  ipv6.push(
    '1.2.3.4',
    '::1.2.3',
    '1.2.3.4::',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1:2:3:4::5:6:7:8',
    '::1.2.3.4:5',
    '::-1',
  );
  for (const text of ipv6) assert.equal(parseIpv6(text), null, text);
});

test('formats at an offset', () => {
  const bytes = Uint8Array.from([9, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  assert.equal(formatIpv4(bytes, 2), '127.0.0.1');
  assert.equal(formatIpv6(bytes, 2), '7f00:1::2');
});

test('knows an IPv4-mapped address', () => {
  assert.equal(isIpv4Mapped(parseIpv6('::ffff:127.0.0.1')!), true);
  assert.equal(isIpv4Mapped(parseIpv6('::127.0.0.1')!), false);
  assert.equal(isIpv4Mapped(parseIpv6('1::ffff:127.0.0.1')!), false);
});

test('one network of IPv6 counts as one, as one address of IPv4 does', () => {
  const networks = [
    '192.0.2.1',
    '::ffff:192.0.2.1',
    '2001:db8:0:1::7',
    '2001:DB8:0:1:ffff::',
    'fe80::1%eth0',
    'a.test',
    '',
  ];
  assert.deepEqual(networks.map(networkOf), [
    '192.0.2.1',
    '192.0.2.1',
    '2001:db8:0:1::/64',
    '2001:db8:0:1::/64',
    'fe80::/64',
    'a.test',
    '',
  ]);
});
