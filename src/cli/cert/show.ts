/** `modnet cert show`: what is in a certificate, of a file or of a server. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { formatIpv6, parseIpv6 } from '../../bytes/index.ts';
import { NetError, toNetError } from '../../core/index.ts';
import { authorityDirectory, type Expiry, expiryOf } from '../../transport/tls/index.ts';
import { EXIT } from '../exit.ts';
import { paint, type Style } from '../style.ts';
import { type Shown, shownBy } from './shown-by.ts';
import { rows } from './tell.ts';

const EXAMPLES = `
A file is PEM, with one certificate or several, or DER. For a URL (https:, wss:, tls:) it connects, and says whether what
the server shows is trusted here: by the authorities of the system's Node, or by your own.

Examples:
  $ modnet cert show localhost.pem
  $ modnet cert show https://example.com --json
  $ modnet cert show tls://127.0.0.1:8443 --name box.local

Exit codes:
  0  shown, and valid now   1  not readable, not valid now, or not trusted   2  wrong usage`;

/** Bytes; the bundles of systems, with hundreds of authorities, have about 250 KiB. */
const MAX_FILE = 4 * 1024 * 1024;

interface ShowOptions {
  readonly name?: string;
  readonly dir?: string;
  readonly json?: boolean;
}

export function registerShow(cert: Command): void {
  cert
    .command('show')
    .description('what is in a certificate, of a file or of a server')
    .argument('<file-or-url>', 'a file, or https://HOST[:PORT], wss:, tls:')
    .option('--name <host>', 'ask a server for this name (SNI), and expect it')
    .option('--dir <directory>', 'where your own authority lies')
    .option('--json', 'as JSON')
    .addHelpText('after', EXAMPLES)
    .action(show);
}

async function show(source: string, options: ShowOptions): Promise<void> {
  const isUrl = /^[a-z][a-z\d+]*:\/\//i.test(source);
  const shown: Shown = isUrl
    ? await shownBy(source, options.name, options.dir ?? authorityDirectory())
    : { certificates: await readCertificates(source), trust: undefined };
  const now = Date.now();
  const entries = shown.certificates.map((certificate) => entryOf(certificate, now));
  if (options.json) {
    const trusted = shown.trust === undefined ? {} : { trusted: shown.trust === null, trust: shown.trust };
    process.stdout.write(`${JSON.stringify({ source, ...trusted, certificates: entries })}\n`);
  } else tell(entries, shown.trust);
  const isFine = entries.every(({ state }) => state === 'fine' || state === 'soon');
  if (!isFine || typeof shown.trust === 'string') process.exitCode = EXIT.failure;
}

async function readCertificates(path: string): Promise<X509Certificate[]> {
  const data = await readFile(path).catch((thrown) => {
    const what = `Cannot read ${path}`;
    if (thrown.code === 'ENOENT') throw new NetError('refused', `${what}: no such file`, { errno: 'ENOENT' });
    throw toNetError(thrown, what);
  });
  if (data.length > MAX_FILE) throw new NetError('limit', `${path} is longer than ${MAX_FILE} bytes`);
  const blocks = data.toString('latin1').match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs);
  try {
    return (blocks ?? [data]).map((block) => new X509Certificate(block));
  } catch (cause) {
    throw new NetError('protocol', `${path} holds no certificate that can be read`, {
      fault: 'remote',
      cause,
    });
  }
}

interface Entry extends Expiry {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  readonly authority: boolean;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly key: string;
  readonly serial: string;
  readonly fingerprint: string;
}

function entryOf(certificate: X509Certificate, now: number): Entry {
  const { validFromDate: notBefore, validToDate: notAfter } = certificate;
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate.subjectAltName),
    authority: certificate.ca,
    notBefore,
    notAfter,
    ...expiryOf(notBefore, notAfter, now),
    key: keyOf(certificate),
    serial: certificate.serialNumber,
    fingerprint: certificate.fingerprint256,
  };
}

/** Node separates the attributes of a name by line ends. */
function oneLine(name: string | undefined): string {
  return name === undefined ? '' : name.replaceAll('\n', ', ');
}

/** `DNS:localhost, IP Address:127.0.0.1`; what would be ambiguous, Node quotes as JSON. */
function namesOf(subjectAltName: string | undefined): string[] {
  const entries = subjectAltName?.match(/[^,"]*(?:"(?:[^"\\]|\\.)*")?/g) ?? [];
  const names = entries.map((entry) => entry.trim().replace(/^(DNS|IP Address|email|URI):/, ''));
  return names.filter((name) => name !== '').map(canonical);
}

/** OpenSSL prints all eight groups of an IPv6 address. */
function canonical(name: string): string {
  const v6 = parseIpv6(name);
  return v6 === null ? name : formatIpv6(v6);
}

function keyOf({ publicKey }: X509Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const type = (publicKey.asymmetricKeyType ?? 'unknown').toUpperCase();
  return [type, namedCurve, modulusLength && `${modulusLength} bits`].filter(Boolean).join(' ');
}

function tell(entries: readonly Entry[], trust: Shown['trust']): void {
  for (const [index, entry] of entries.entries()) {
    if (index > 0) process.stdout.write('\n');
    rows([
      ['subject', entry.subject || '(none)'],
      ...(entry.names.length > 0 ? ([['names', entry.names.join(', ')]] as const) : []),
      ['issuer', entry.issuer],
      ['valid', `${entry.notBefore.toISOString()} to ${entry.notAfter.toISOString()}`],
      ['key', `${entry.key}${entry.authority ? ', an authority' : ''}`],
      ['serial', entry.serial],
      ['fingerprint', entry.fingerprint],
    ]);
    process.stdout.write(`${leftOf(entry)}\n`);
  }
  if (trust === undefined) return;
  const words = trust === null ? paint('green', 'trusted here') : paint('red', `not trusted here: ${trust}`);
  process.stdout.write(`\n${words}\n`);
}

function leftOf({ state, daysLeft }: Entry): string {
  const days = (count: number): string =>
    count < 1 ? 'less than a day' : `${count} ${count === 1 ? 'day' : 'days'}`;
  const told: Record<Expiry['state'], readonly [Style, string]> = {
    fine: ['green', `${days(daysLeft)} left`],
    soon: ['yellow', `expires soon: ${days(daysLeft)} left`],
    expired: ['red', `expired ${days(-daysLeft - 1)} ago`],
    early: ['red', 'not valid yet'],
  };
  return paint(...told[state]);
}
