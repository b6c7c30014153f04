import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DAY } from './expiry.ts';
import { AUTHORITY_DAYS, LEAF_DAYS, MAX_LEAF_DAYS } from './issue.ts';
import { authorityDirectory, LocalAuthority } from './local-authority.ts';
import { PRIVATE_SCOPE } from './name-scope.ts';

const NOW = Date.UTC(2030, 0, 1);

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-authority-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('an authority is made once, and is the same from then on', async (t) => {
  const path = directory(t);
  const first = await LocalAuthority.open(path, { now: () => NOW });
  const second = await LocalAuthority.open(path);
  assert.deepEqual([first.isNew, second.isNew], [true, false]);
  assert.equal(second.cert, first.cert);
  assert.deepEqual(second.scope, first.scope);
  assert.equal(first.certificate.validToDate.getTime(), NOW + AUTHORITY_DAYS * DAY);
  assert.ok(first.certificate.ca && first.certificate.verify(first.certificate.publicKey));
  assert.deepEqual(readdirSync(path).sort(), ['authority-key.pem', 'authority.pem']);
  assert.equal(readFileSync(first.path, 'utf8'), first.cert);
  if (process.platform !== 'win32')
    assert.equal(statSync(join(path, 'authority-key.pem')).mode & 0o777, 0o600);
});

test('of many that make it at once, all use one', async (t) => {
  const path = directory(t);
  const all = await Promise.all(Array.from({ length: 6 }, () => LocalAuthority.open(path)));
  assert.equal(new Set(all.map(({ cert }) => cert)).size, 1);
  assert.equal(all.filter(({ isNew }) => isNew).length, 1);
  assert.deepEqual(readdirSync(path).sort(), ['authority-key.pem', 'authority.pem']);
});

test('a certificate bears the names, the times and the signature', async (t) => {
  const authority = await LocalAuthority.open(directory(t), { now: () => NOW });
  const issued = await authority.issue({ names: ['box.local', '*.box.local', '127.0.0.1', '::1'] });
  const certificate = new X509Certificate(issued.cert);
  assert.ok(authority.hasIssued(certificate));
  assert.equal(certificate.checkHost('box.local'), 'box.local');
  assert.equal(certificate.checkHost('a.box.local'), '*.box.local');
  assert.equal(certificate.checkHost('a.b.box.local'), undefined);
  assert.ok(certificate.checkIP('::1'));
  assert.deepEqual(issued.names, ['box.local', '*.box.local', '127.0.0.1', '::1']);
  assert.equal(issued.notAfter.getTime(), NOW + LEAF_DAYS * DAY);
  assert.ok(issued.notBefore.getTime() <= NOW);
  assert.equal(issued.fingerprint, certificate.fingerprint256);
  assert.equal(issued.chain, issued.cert + authority.cert);
  assert.equal(certificate.serialNumber.length, 32);
  const again = await authority.issue({ names: ['box.local'] });
  assert.notEqual(new X509Certificate(again.cert).serialNumber, certificate.serialNumber);
});

test('what a new authority may vouch for is given, and kept', async (t) => {
  const path = directory(t);
  const authority = await LocalAuthority.open(path, { permit: ['dev.example.com', '203.0.113.0/24'] });
  assert.ok(PRIVATE_SCOPE.every((entry) => authority.scope?.includes(entry)));
  await authority.issue({ names: ['a.dev.example.com', '203.0.113.9'] });
  await assert.rejects(authority.issue({ names: ['example.com'] }), {
    code: 'permission',
    message: /may not vouch for example\.com.*--permit example\.com/,
  });
  await assert.rejects(authority.issue({ names: [], client: true, commonName: 'example.com' }), {
    code: 'permission',
  });
  const reopened = await LocalAuthority.open(path, { permit: 'any' });
  assert.deepEqual(reopened.scope, authority.scope);
  const any = await LocalAuthority.open(directory(t), { permit: 'any' });
  assert.equal(any.scope, undefined);
  await any.issue({ names: ['example.com', '8.8.8.8'] });
});

test('a bad --permit makes nothing', async (t) => {
  const path = directory(t);
  await assert.rejects(LocalAuthority.open(path, { permit: ['10.0.0.0/99'] }), { code: 'protocol' });
  assert.deepEqual(readdirSync(path), []);
});

test('a certificate never outlives its authority, and an authority at its end issues none', async (t) => {
  const path = directory(t);
  let now = NOW;
  const authority = await LocalAuthority.open(path, { now: () => now });
  const end = authority.certificate.validToDate.getTime();
  now = end - 10 * DAY;
  const issued = await authority.issue({ names: ['localhost'] });
  assert.equal(issued.notAfter.getTime(), end);
  now = end - DAY / 2;
  await assert.rejects(authority.issue({ names: ['localhost'] }), { code: 'limit', message: /within a day/ });
  now = end + 1;
  await assert.rejects(authority.issue({ names: ['localhost'] }), { code: 'limit', message: /has expired/ });
});

test('the days have limits, and may be less than one', async (t) => {
  const authority = await LocalAuthority.open(directory(t), { now: () => NOW });
  for (const days of [0, -1, Number.NaN, MAX_LEAF_DAYS + 1])
    await assert.rejects(authority.issue({ names: ['localhost'], days }), { code: 'limit' }, String(days));
  const { notAfter } = await authority.issue({ names: ['localhost'], days: 1 / 24 });
  assert.equal(notAfter.getTime(), NOW + DAY / 24);
});

test('clients need a name that can be seen', async (t) => {
  const authority = await LocalAuthority.open(directory(t));
  await assert.rejects(authority.issue({ names: [], client: true }), /needs a common name/);
  for (const commonName of ['', 'a\nb', 'a\u202eb', 'x'.repeat(65)])
    await assert.rejects(authority.issue({ names: [], client: true, commonName }), /Bad common name/);
  const { cert } = await authority.issue({ names: [], client: true, commonName: '#Ä/CN=b' });
  assert.equal(new X509Certificate(cert).toLegacyObject().subject.CN, '#Ä/CN=b');
});

test('a damaged or open key is refused and left as it is', async (t) => {
  const path = directory(t);
  await LocalAuthority.open(path);
  const other = directory(t);
  await LocalAuthority.open(other);
  const file = join(path, 'authority-key.pem');
  const good = readFileSync(file, 'utf8');
  const others = readFileSync(join(other, 'authority.pem'), 'utf8');
  const key = good.slice(0, good.indexOf('-----BEGIN CERT'));
  for (const text of ['', 'nonsense', key, good.slice(key.length), key + others]) {
    writeFileSync(file, text);
    await assert.rejects(LocalAuthority.open(path), { code: 'protocol', message: /damaged/ });
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  writeFileSync(file, good);
  if (process.platform === 'win32') return;
  chmodSync(file, 0o644);
  await assert.rejects(LocalAuthority.open(path), { code: 'permission', message: /chmod 600/ });
});

test('the copy without the key is written again when it is wrong', async (t) => {
  const authority = await LocalAuthority.open(directory(t));
  writeFileSync(authority.path, 'something else');
  await LocalAuthority.open(authority.directory);
  assert.equal(readFileSync(authority.path, 'utf8'), authority.cert);
});

test('where it lies: MODNET_CERTS, then the data of the user', () => {
  assert.equal(authorityDirectory({ MODNET_CERTS: '/a', XDG_DATA_HOME: '/b' }), '/a');
  assert.equal(authorityDirectory({ XDG_DATA_HOME: '/b' }), join('/b', 'modnet', 'authority'));
  assert.match(authorityDirectory({}), /modnet.authority$/);
});

test('loading the library leaves no trace on Reflect', async (t) => {
  await LocalAuthority.open(directory(t));
  assert.equal('getMetadata' in Reflect, false);
});
