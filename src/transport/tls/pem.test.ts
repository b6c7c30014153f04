import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fingerprint, loadAuthorities, loadIdentity } from './pem.ts';
import { testAuthority } from './test-certificates.ts';

const authority = await testAuthority();
const one = await authority.issue({ names: ['one.test'] });
const two = await authority.issue({ names: ['two.test'] });

test('text, bytes and files are all PEM', () => {
  const file = authority.file('one.pem', one.key + one.cert);
  for (const cert of [one.cert + one.key, Buffer.from(one.cert + one.key), file])
    assert.equal(loadIdentity({ cert }).chain[0]!.subjectAltName, 'DNS:one.test');
  assert.equal(loadIdentity({ cert: file, key: one.key }).chain.length, 1);
  assert.equal(loadAuthorities([authority.ca, one.cert + two.cert]).length, 3);
});

test('a key of another certificate is refused, with the names of both files', () => {
  const cert = authority.file('cert.pem', one.cert);
  const key = authority.file('key.pem', two.key);
  assert.throws(() => loadIdentity({ cert, key }), {
    message: `The key in ${key} does not belong to the certificate in ${cert}`,
  });
});

test('what is missing or damaged is named', () => {
  const nowhere = join(authority.directory, 'nowhere.pem');
  assert.throws(() => loadIdentity({ cert: nowhere }), {
    message: `Cannot read the certificate in ${nowhere}: no such file or directory; is the path right?`,
    errno: 'ENOENT',
  });
  const cert = authority.file('alone.pem', one.cert);
  assert.throws(() => loadIdentity({ cert }), {
    message: `There is no key in ${cert}; give its file, too, with the option key`,
  });
  assert.throws(
    () => loadIdentity({ cert: one.key, key: one.key }),
    /The certificate that was given has no line/,
  );
  const broken = one.cert.replace(/\n\w{8}/, '\nAAAAAAAA');
  assert.throws(() => loadAuthorities(broken), /certificate authority that was given cannot be read/);
});

test('an encrypted key wants its passphrase', () => {
  const key = createPrivateKey(one.key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'sesame',
  }) as string;
  assert.equal(loadIdentity({ cert: one.cert, key, passphrase: 'sesame' }).key.type, 'private');
  assert.throws(() => loadIdentity({ cert: one.cert, key }), /is encrypted, and no passphrase was given/);
  assert.throws(
    () => loadIdentity({ cert: one.cert, key, passphrase: 'nonsense' }),
    /the passphrase is wrong, or it is damaged/,
  );
});

test('a fingerprint changes with the file, and never of text', () => {
  assert.equal(fingerprint(one.cert), '');
  const path = authority.file('changing.pem', one.cert);
  const before = fingerprint(path);
  assert.equal(fingerprint(path), before);
  authority.file('changing.pem', `${one.cert}\n`);
  assert.notEqual(fingerprint(path), before);
  rmSync(path);
  assert.equal(fingerprint(path), 'undefined undefined undefined');
});
