import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureCertificate } from './ensure-certificate.ts';
import { DAY, expiryOf, RENEW_BEFORE } from './expiry.ts';
import { AUTHORITY_DAYS, LEAF_DAYS } from './issue.ts';

const NOW = Date.UTC(2030, 0, 1);
const NAMES = ['localhost', '127.0.0.1', '::1', '*.box.local'];

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-ensure-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

/** One call at a time of its own. */
function ensurer(t: TestContext, days?: number) {
  const path = directory(t);
  return (at: number, names: readonly string[] = NAMES) =>
    ensureCertificate(path, names, { now: () => at, days });
}

test('a certificate is kept until a week before its end, then there is a new one', async (t) => {
  const ensure = ensurer(t);
  const first = await ensure(NOW);
  assert.equal(first.isNew, true);
  const lastMoment = NOW + LEAF_DAYS * DAY - RENEW_BEFORE;
  const kept = await ensure(lastMoment);
  assert.equal(kept.isNew, false);
  const { cert, key, chain, names, fingerprint, notBefore, notAfter } = first;
  assert.partialDeepStrictEqual(kept, { cert, key, chain, names, fingerprint, notBefore, notAfter });
  const next = await ensure(lastMoment + 1);
  assert.equal(next.isNew, true);
  assert.equal(next.path, first.path);
  assert.notEqual(next.fingerprint, fingerprint);
  assert.equal((await ensure(lastMoment + DAY)).fingerprint, next.fingerprint);
});

test('a short one is kept for two thirds of its life', async (t) => {
  const ensure = ensurer(t, 1);
  const { notBefore, notAfter, fingerprint } = await ensure(NOW);
  const third = (notAfter.getTime() - notBefore.getTime()) / 3;
  assert.equal((await ensure(notAfter.getTime() - third)).fingerprint, fingerprint);
  assert.notEqual((await ensure(notAfter.getTime() - third + 1_000)).fingerprint, fingerprint);
});

test('the order of the names does not matter, other names do', async (t) => {
  const ensure = ensurer(t);
  const first = await ensure(NOW);
  assert.equal((await ensure(NOW, NAMES.toReversed())).fingerprint, first.fingerprint);
  const other = await ensure(NOW, ['localhost']);
  assert.equal(other.isNew, true);
  assert.notEqual(other.path, first.path);
  assert.equal((await ensure(NOW)).isNew, false);
});

test('another authority, or damage, means another certificate', async (t) => {
  const ensure = ensurer(t);
  const first = await ensure(NOW);
  writeFileSync(first.path, 'nonsense');
  const second = await ensure(NOW);
  assert.equal(second.isNew, true);
  rmSync(join(first.authority.directory, 'authority-key.pem'));
  const third = await ensure(NOW);
  assert.equal(third.isNew, true);
  assert.notEqual(third.authority.cert, first.authority.cert);
});

test('many at once get valid ones, and one of them stays', async (t) => {
  const path = directory(t);
  const all = await Promise.all(Array.from({ length: 6 }, () => ensureCertificate(path, NAMES)));
  const kept = await ensureCertificate(path, NAMES);
  assert.equal(kept.isNew, false);
  assert.ok(all.some(({ fingerprint }) => fingerprint === kept.fingerprint));
  assert.equal(new Set(all.map(({ authority }) => authority.cert)).size, 1);
  assert.equal(readdirSync(join(path, 'issued')).length, 1);
  if (process.platform !== 'win32') assert.equal(statSync(kept.path).mode & 0o777, 0o600);
});

test('the end of the authority is told in time', async (t) => {
  const ensure = ensurer(t);
  assert.equal((await ensure(NOW)).warning, undefined);
  const { warning } = await ensure(NOW + (AUTHORITY_DAYS - 59) * DAY);
  assert.match(warning!, /expires on 2039-12-30/);
});

test('names that the authority may not vouch for can be left out', async (t) => {
  const path = directory(t);
  const names = ['localhost', '203.0.113.7'];
  const first = await ensureCertificate(path, names, { permit: ['203.0.113.7'] });
  assert.deepEqual(first.names, names);
  const moved = ['localhost', '203.0.113.8'];
  await assert.rejects(ensureCertificate(path, moved), { code: 'permission' });
  assert.deepEqual((await ensureCertificate(path, moved, { skipOutside: true })).names, ['localhost']);
  await assert.rejects(ensureCertificate(path, ['203.0.113.8'], { skipOutside: true }), {
    code: 'permission',
  });
});

test('an expiry has four states', () => {
  const [from, to] = [new Date(NOW), new Date(NOW + 90 * DAY)];
  assert.deepEqual(expiryOf(from, to, NOW), { state: 'fine', daysLeft: 90 });
  assert.deepEqual(expiryOf(from, to, NOW - 1), { state: 'early', daysLeft: 90 });
  assert.deepEqual(expiryOf(from, to, NOW + 84 * DAY), { state: 'soon', daysLeft: 6 });
  assert.deepEqual(expiryOf(from, to, NOW + 90 * DAY), { state: 'expired', daysLeft: 0 });
});
