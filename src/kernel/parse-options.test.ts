import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NetError } from '../core/error.ts';
import { SOCKET_OPTION_NAMES, SOCKET_OPTIONS, type SocketOptions } from './options.ts';
import { parseSocketOptions } from './parse-options.ts';

function refuses(query: Record<string, string>, code: string, words: RegExp): void {
  assert.throws(
    () => parseSocketOptions(query),
    (error) => {
      assert.ok(error instanceof NetError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, words);
      return true;
    },
  );
}

test('reads flags in every form', () => {
  for (const text of ['', 'true', '1', 'on'])
    assert.deepEqual(parseSocketOptions({ nodelay: text }), { noDelay: true });
  for (const text of ['false', '0', 'off'])
    assert.deepEqual(parseSocketOptions({ nodelay: text }), { noDelay: false });
});

test('reads the query of an address', () => {
  const query = Object.fromEntries(new URLSearchParams('nodelay&backlog=1024&keepalive=30&linger=0&ttl=5'));
  assert.deepEqual(parseSocketOptions(query), {
    noDelay: true,
    backlog: 1024,
    keepAlive: true,
    keepAliveIdle: 30,
    linger: 0,
    ttl: 5,
  });
  assert.deepEqual(parseSocketOptions({ linger: 'off', multicastinterface: 'eth0' }), {
    linger: false,
    multicastInterface: 'eth0',
  });
  assert.deepEqual(parseSocketOptions({ keepalive: '' }), { keepAlive: true });
  assert.deepEqual(parseSocketOptions({ keepalive: '0' }), { keepAlive: false });
  assert.deepEqual(parseSocketOptions({}), {});
});

test('names what is wrong', () => {
  refuses({ nodelya: '' }, 'unsupported', /"nodelya"; there are .*nodelay/);
  refuses({ noDelay: '' }, 'unsupported', /"noDelay"/);
  refuses({ constructor: '' }, 'unsupported', /"constructor"/);
  refuses({ nodelay: 'maybe' }, 'unsupported', /nodelay is "maybe"; it takes on or off/);
  refuses({ nodelay: 'constructor' }, 'unsupported', /it takes on or off/);
  refuses({ backlog: '' }, 'unsupported', /backlog is ""; it takes a number/);
  refuses({ backlog: '1e3' }, 'unsupported', /backlog/);
  refuses({ backlog: '-1' }, 'unsupported', /backlog/);
  refuses({ ttl: '256' }, 'limit', /ttl is 256; it takes a whole number of 1 to 255 hops/);
  refuses({ keepalive: '40000' }, 'limit', /keepAliveIdle is 40000; .* 1 to 32767 seconds/);
  refuses({ linger: '' }, 'unsupported', /linger is ""; it takes seconds, or off/);
  refuses({ multicastinterface: '' }, 'unsupported', /an interface/);
});

test('what is written is read', () => {
  const options = fc.record(
    Object.fromEntries(
      SOCKET_OPTION_NAMES.map((name) => {
        const { kind, min = 0, max = 0 } = SOCKET_OPTIONS[name];
        if (kind === 'flag') return [name, fc.boolean()];
        if (kind === 'interface') return [name, fc.constant('eth0')];
        const number = fc.integer({ min, max });
        return [name, kind === 'linger' ? fc.oneof(number, fc.constant(false)) : number];
      }),
    ),
    { requiredKeys: [] },
  ) as fc.Arbitrary<SocketOptions>;
  fc.assert(
    fc.property(options, (given) => {
      const query = Object.entries(given).map(([name, value]) => [name.toLowerCase(), String(value)]);
      assert.deepEqual(parseSocketOptions(Object.fromEntries(query)), { ...given });
    }),
  );
});

test('any query gives options or a NetError', () => {
  const key = fc.oneof(
    fc.string(),
    fc.constantFrom(...SOCKET_OPTION_NAMES.map((name) => name.toLowerCase())),
  );
  const value = fc.oneof(
    fc.string(),
    fc.nat().map(String),
    fc.constantFrom('', 'on', 'off', 'true', 'false'),
  );
  fc.assert(
    fc.property(fc.dictionary(key, value), (query) => {
      try {
        parseSocketOptions(query);
      } catch (error) {
        assert.ok(error instanceof NetError, String(error));
      }
    }),
  );
});
