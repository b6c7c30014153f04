import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { inetAddress, namedAddress, parseAddress, schemeOf, unixAddress, withPort } from './address.ts';
import { NetError } from './error.ts';

describe('an address', () => {
  const canonical: readonly (readonly [text: string, printed?: string])[] = [
    ['tcp://127.0.0.1:7000'],
    ['TCP://127.0.0.1:7000', 'tcp://127.0.0.1:7000'],
    ['tcp://[::1]:7000'],
    ['tcp://[0:0:0:0:0:0:0:1]:7000', 'tcp://[::1]:7000'],
    ['udp://[fe80::1%25eth0]:5', 'udp://[fe80::1%eth0]:5'],
    ['udp://[fe80::1%eth0]:5'],
    ['tcp://:7000', 'tcp://127.0.0.1:7000'],
    ['tcp://Example.NET:80', 'tcp://example.net:80'],
    ['tcp://a_b.example:1?nodelay&backlog=1024'],
    ['ws://example.net/chat', 'ws://example.net:80/chat'],
    ['wss://example.net', 'wss://example.net:443'],
    ['unix:///run/app.sock'],
    ['unix:/run/app.sock', 'unix:///run/app.sock'],
    ['unix:app.sock'],
    ['unix:./@odd'],
    ['unix:@abstract'],
    ['unix:///a%20b%3Fc', 'unix:///a%20b%3Fc'],
    ['memory:name'],
    ['stdio:'],
    ['exec:cat | tr a-z A-Z; echo 100% #done?'],
  ];
  for (const [text, printed] of canonical) {
    test(`${text} is read and printed`, () => {
      const address = parseAddress(text);
      assert.equal(String(address), printed ?? text);
      assert.equal(String(parseAddress(String(address))), String(address));
    });
  }

  test('says what it consists of', () => {
    const inet = parseAddress('tcp://[fe80::2%eth0]:9/?backlog=5&nodelay');
    assert.ok(inet.kind === 'inet');
    assert.deepEqual(
      {
        host: inet.host,
        family: inet.family,
        port: inet.port,
        path: inet.path,
        options: { ...inet.options },
      },
      { host: 'fe80::2%eth0', family: 6, port: 9, path: '/', options: { backlog: '5', nodelay: '' } },
    );
    const name = parseAddress('unix:@a');
    assert.ok(name.kind === 'unix' && name.abstract && name.path === 'a');
    assert.equal(String(withPort(inet, 10)), 'tcp://[fe80::2%eth0]:10/?backlog=5&nodelay');
  });
});

describe('a wrong address names its faulty part', () => {
  const wrong: readonly (readonly [text: string, part: RegExp])[] = [
    ['127.0.0.1:7000', /the scheme is missing/],
    ['', /the scheme is missing/],
    ['tcp:127.0.0.1:7000', /two slashes/],
    ['tcp://127.0.0.1', /the port is missing/],
    ['tcp://127.0.0.1:', /the port is missing/],
    ['tcp://127.0.0.1:65536', /the port "65536"/],
    ['tcp://127.0.0.1:-1', /the port "-1"/],
    ['tcp://127.0.0.1:80a', /the port "80a"/],
    ['tcp://127.0.0.256:80', /the host "127\.0\.0\.256" is not an IPv4 address/],
    ['tcp://1.2.3:80', /the host "1\.2\.3" is not an IPv4 address/],
    ['tcp://::1:80', /the port|brackets/],
    ['tcp://[::g]:80', /the host "\[::g\]" is not an IPv6 address/],
    ['tcp://[::1:80', /IPv6|port|host/],
    ['tcp://-a.example:80', /the host "-a\.example"/],
    ['tcp://a..b:80', /the host "a\.\.b"/],
    ['tcp://me:secret@host:80', /user name and password/],
    ['tcp://host:80#x', /fragment/],
    ['tcp://host:80?=1', /the option ""/],
    ['tcp://host:80?a&a', /the option "a" is there twice/],
    ['tcp://host:80?a=%', /the option "a" has a "%"/],
    ['ws://host/a b', /the path contains a space/],
    ['unix:', /the path is missing/],
    ['unix:@', /the path is missing/],
    ['unix://relative/path', /not absolute/],
    ['unix:/a%00b', /the path contains a NUL/],
    ['exec:', /the command is missing/],
    ['memory:%zz', /the name has a "%"/],
    [`tcp://${'a'.repeat(3000)}:1`, /longer than 2048/],
  ];
  for (const [text, part] of wrong) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      assert.throws(
        () => parseAddress(text),
        (error) =>
          error instanceof NetError &&
          error.code === 'protocol' &&
          error.fault === 'local' &&
          part.test(error.message.slice(error.message.indexOf('": ') + 3)),
      );
    });
  }
});

describe('properties', () => {
  const options = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  );
  const port = fc.nat(65535);
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });

  const same = (address: ReturnType<typeof parseAddress>): void => {
    const again = parseAddress(String(address));
    assert.deepEqual(plain(again), plain(address));
  };

  test('names and IPv4 addresses round-trip', () => {
    const host = fc.oneof(name, fc.ipV4());
    fc.assert(
      fc.property(host, port, options, (to, at, more) => same(inetAddress('tcp', to, at, { options: more }))),
    );
  });

  test('IPv6 addresses round-trip through their canonical form', () => {
    fc.assert(
      fc.property(fc.ipV6(), port, (host, at) => {
        const address = parseAddress(`udp://[${host}]:${at}`);
        same(address);
      }),
    );
  });

  test('paths, abstract names and names round-trip', () => {
    const path = text.filter((value) => !value.includes('\0'));
    fc.assert(
      fc.property(path, options, (value, more) => {
        same(unixAddress(`/${value}`, { options: more }));
        same(unixAddress(value, { abstract: true, options: more }));
        same(namedAddress('memory', value, more));
      }),
    );
  });

  test('the scheme is told also where the rest is wrong', () => {
    assert.deepEqual(['TCP://x', 'foo:', 'no scheme:', ''].map(schemeOf), [
      'tcp',
      'foo',
      undefined,
      undefined,
    ]);
  });

  test('any text is an address or a NetError', () => {
    const start = fc.constantFrom('', 'tcp:', 'tcp://', 'unix:', 'memory:', 'tcp://[', 'exec:');
    fc.assert(
      fc.property(start, fc.string({ unit: 'binary', maxLength: 60 }), (scheme, rest) => {
        try {
          same(parseAddress(scheme + rest));
        } catch (error) {
          assert.ok(error instanceof NetError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});

function plain(address: ReturnType<typeof parseAddress>): unknown {
  return { ...address, options: { ...address.options }, toString: undefined };
}
