import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { type NetError, toAddress } from '../../../core/index.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { type ExchangeTrouble, exchangeTrouble } from '../diagnostics.ts';
import { OwnCertificate, tellExpiry } from './certificate.ts';

const DAY = 86_400_000;
const START = Date.UTC(2030, 0, 1);
const ADDRESS = toAddress('https://127.0.0.1:8443');

async function open(t: TestContext, where = tmpdir()) {
  const data = mkdtempSync(join(where, 'modnet-certificate-'));
  const clock = fakeClock();
  let now = START;
  const certificate = await OwnCertificate.open({ clock, wallTime: () => now }, data, ADDRESS);
  t.after(() => {
    certificate.close();
    rmSync(data, { recursive: true });
  });
  const file = String(certificate.tls.cert);
  return {
    clock,
    certificate,
    authority: join(data, 'tls', 'authority-key.pem'),
    /** When the certificate ends. */
    end: () =>
      new X509Certificate(/-----BEGIN CERTIFICATE-----[\s\S]*/.exec(readFileSync(file, 'utf8'))![0]).validTo,
    /** Lets days pass, and the look at their end be over. */
    pass: async (days: number) => {
      now += days * DAY;
      clock.advance(DAY);
      while (clock.pending === 0) await turn();
    },
  };
}

/** What whoever runs the exchange is told. */
function troubles(t: TestContext): string[] {
  const told: string[] = [];
  const listen = (event: unknown): void => void told.push((event as ExchangeTrouble).error.message);
  exchangeTrouble.subscribe(listen);
  t.after(() => exchangeTrouble.unsubscribe(listen));
  return told;
}

test('a certificate is renewed before it ends, while the exchange runs', { timeout: 20_000 }, async (t) => {
  const { end, pass } = await open(t);
  const first = end();
  await pass(82);
  assert.equal(end(), first);
  await pass(2);
  assert.ok(Date.parse(end()) > Date.parse(first) + 80 * DAY);
});

test('what stands in the way is told, and tried again', { timeout: 20_000 }, async (t) => {
  const told = troubles(t);
  const { authority, end, pass } = await open(t);
  const first = end();
  const key = readFileSync(authority);
  writeFileSync(authority, 'nonsense');
  await pass(84);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /authority-key\.pem/);
  assert.equal(end(), first);
  writeFileSync(authority, key);
  await pass(1);
  assert.notEqual(end(), first);
});

test('the authority is named as the data was, so that the command which needs it is short', async (t) => {
  const { certificate } = await open(t, relative(process.cwd(), tmpdir()));
  assert.ok(!isAbsolute(certificate.authority));
  assert.ok(existsSync(certificate.authority));
});

test('a certificate that was given is told of when it does not hold', { timeout: 20_000 }, async (t) => {
  const told = troubles(t);
  const { certificate } = await open(t);
  for (const [day, words] of [
    [10, null],
    [-1, /for CN=localhost holds from 2029-12-31 on;/],
    [85, /ends on 2030-04-01;/],
    [91, /ended on 2030-04-01;/],
  ] as const) {
    told.length = 0;
    tellExpiry(certificate.tls, START + day * DAY);
    if (words === null) assert.deepEqual(told, []);
    else assert.match(told.join(), words);
  }
});

test('a closed one is left alone, and one without data cannot be', async (t) => {
  const { certificate, clock } = await open(t);
  certificate.close();
  assert.equal(clock.pending, 0);
  await assert.rejects(
    OwnCertificate.open({ clock, wallTime: Date.now }, null, ADDRESS),
    (error: NetError) => error.code === 'unsupported',
  );
});
