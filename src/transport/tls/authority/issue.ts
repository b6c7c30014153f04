/**
 * Makes keys and certificates (RFC 5280): of an authority, of servers and of clients. All are ECDSA on P-256 with SHA-256,
 * which every TLS implementation knows. It touches no file.
 */
import { createPrivateKey, KeyObject, randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import type { Extension } from '@peculiar/x509';
import { NetError } from '../../../core/error.ts';
import { DAY } from './expiry.ts';
import { encodeScope, isInScope, NAME_CONSTRAINTS } from './name-scope.ts';
import { parseSubjectNames, type SubjectName } from './subject-name.ts';
import { loadX509 } from './x509.ts';

/** Days that an authority holds: ten years, as mkcert has it. Replacing one means a visit to every machine that trusts it. */
export const AUTHORITY_DAYS = 3_650;
/** Days that a certificate holds unless told: 90, as Let's Encrypt had it for ten years. */
export const LEAF_DAYS = 90;
/** Apple's systems refuse server certificates that hold longer than 825 days (support.apple.com/103769). */
export const MAX_LEAF_DAYS = 825;
/** Certificates hold from so long ago, in ms: a peer whose clock is behind accepts them too. */
const BACKDATE = 5 * 60_000;
/** Characters (RFC 5280 appendix A.1, ub-common-name). */
const MAX_COMMON_NAME = 64;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** OIDs of the two uses in TLS (RFC 5280 section 4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

export interface IssueRequest {
  /** Domains and IP addresses; of a client also e-mail addresses and URIs, or none. At most `MAX_NAMES`. */
  readonly names: readonly string[];
  /** May be a fraction. Default `LEAF_DAYS`, at most `MAX_LEAF_DAYS`, and never beyond the end of the authority. */
  readonly days?: number | undefined;
  /** For a client that proves who it is (mutual TLS), in place of a server. */
  readonly client?: boolean | undefined;
  /** What the certificate calls its owner; at most 64 characters. Default: the first domain. Clients need one. */
  readonly commonName?: string | undefined;
}

export interface IssuedCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8, not encrypted. */
  readonly key: string;
  /** PEM: the certificate, and its authority's after it, which a server need not send. */
  readonly chain: string;
  /** As the certificate has them: lower case, punycode. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the certificate, in pairs of hexadecimal digits with colons between. */
  readonly fingerprint: string;
}

/** What signs. */
export interface Issuer {
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  /** What it may vouch for; `undefined` for anything. */
  readonly scope: readonly string[] | undefined;
}

/** PEM of a new authority: the key, then the certificate. */
export async function createAuthority(scope: readonly string[] | undefined, now: number): Promise<string> {
  const constraints = scope === undefined ? undefined : encodeScope(scope);
  const x509 = await loadX509();
  const keys = await generateKeys();
  const keyId = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey);
  const extensions: Extension[] = [
    // Path length 0: it signs certificates of servers and clients, never another authority.
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    new x509.ExtendedKeyUsageExtension([SERVER_AUTH, CLIENT_AUTH]),
    keyId,
  ];
  if (constraints !== undefined) extensions.push(new x509.Extension(NAME_CONSTRAINTS, true, constraints));
  const name = `modnet local authority ${keyId.keyId.slice(0, 8)}`;
  const { notBefore, notAfter } = period(now, AUTHORITY_DAYS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: new x509.Name([{ CN: [{ utf8String: name }] }]),
    keys,
    serialNumber: serialNumber(),
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  return `${pemOf(keys.privateKey)}${certificate.toString('pem')}\n`;
}

/**
 * @throws NetError `protocol` (fault `local`) for a bad name; `permission` for one outside the scope; `limit` for too
 * many names, too many days, or an authority that has expired
 */
export async function issueCertificate(
  issuer: Issuer,
  request: IssueRequest,
  now: number,
): Promise<IssuedCertificate> {
  const names = parseSubjectNames(request.names, request.client ? 'client' : 'server');
  const commonName = request.commonName ?? defaultCommonName(names, request);
  checkCommonName(commonName);
  checkScope(issuer, names, commonName);
  const { notBefore, notAfter } = leafPeriod(issuer, request.days ?? LEAF_DAYS, now);
  const x509 = await loadX509();
  const keys = await generateKeys();
  const authority = new x509.X509Certificate(issuer.certificate.raw as Uint8Array<ArrayBuffer>);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: new x509.Name([{ CN: [{ utf8String: commonName }] }]),
    issuer: authority.subjectName,
    publicKey: keys.publicKey,
    signingKey: await signingKey(issuer.key),
    serialNumber: serialNumber(),
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([request.client ? CLIENT_AUTH : SERVER_AUTH]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names as SubjectName[])]),
    ],
  });
  return describe(`${certificate.toString('pem')}\n`, pemOf(keys.privateKey), issuer, names);
}

/** A certificate and its key, as `issueCertificate` returns them. */
export function describe(
  cert: string,
  key: string,
  issuer: Issuer,
  names: readonly SubjectName[],
): IssuedCertificate {
  const { validFromDate, validToDate, fingerprint256 } = new X509Certificate(cert);
  return {
    cert,
    key,
    chain: cert + issuer.certificate.toString(),
    names: names.map(({ value }) => value),
    notBefore: validFromDate,
    notAfter: validToDate,
    fingerprint: fingerprint256,
  };
}

/** An address is no common name: clients that check it against name constraints take it for a domain. */
function defaultCommonName(names: readonly SubjectName[], { client }: IssueRequest): string {
  if (client && names[0] === undefined)
    throw new NetError('protocol', 'A certificate of a client needs a common name', { fault: 'local' });
  if (client) return names[0]!.value.slice(0, MAX_COMMON_NAME);
  const domain = names.find(({ type, value }) => type === 'dns' && value.length <= MAX_COMMON_NAME);
  return domain?.value ?? 'modnet certificate';
}

function checkCommonName(name: string): void {
  const what = `Bad common name ${JSON.stringify(name.slice(0, 80))}`;
  if (name === '' || name.length > MAX_COMMON_NAME)
    throw new NetError('limit', `${what}: it has to have 1 to ${MAX_COMMON_NAME} characters`);
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name) || !name.isWellFormed())
    throw new NetError('protocol', `${what}: it contains invisible characters`, { fault: 'local' });
}

function checkScope({ scope }: Issuer, names: readonly SubjectName[], commonName: string): void {
  if (scope === undefined) return;
  const outside = names.find((name) => !isInScope(name, scope)) ?? commonNameOutside(commonName, scope);
  if (outside === undefined) return;
  throw new NetError(
    'permission',
    `The authority may not vouch for ${outside.value}, only for ${scope.slice(0, 4).join(', ')} … ` +
      '(modnet cert authority lists all); for other names make another: ' +
      `modnet cert authority --dir DIRECTORY --permit ${outside.value}`,
  );
}

/** Clients apply the constraints to a common name that looks like a domain (RFC 6125 section 6.4.4; OpenSSL does). */
function commonNameOutside(commonName: string, scope: readonly string[]): SubjectName | undefined {
  if (!/^[\w*-]+(\.[\w-]+)+$/.test(commonName)) return undefined;
  const name: SubjectName = { type: 'dns', value: commonName.toLowerCase() };
  return isInScope(name, scope) ? undefined : name;
}

function leafPeriod(issuer: Issuer, days: number, now: number): { notBefore: Date; notAfter: Date } {
  if (!(days > 0 && days <= MAX_LEAF_DAYS))
    throw new NetError(
      'limit',
      `A certificate holds more than 0 and at most ${MAX_LEAF_DAYS} days, not ${days}`,
    );
  const { validFromDate, validToDate } = issuer.certificate;
  if (validToDate.getTime() - now < DAY)
    throw new NetError(
      'limit',
      `The authority ${validToDate.getTime() < now ? 'has expired' : 'expires within a day'} ` +
        `(${validToDate.toISOString()}); remove its directory, run modnet cert authority and have the new one trusted`,
    );
  const { notBefore, notAfter } = period(now, days);
  return {
    notBefore: new Date(Math.max(notBefore.getTime(), validFromDate.getTime())),
    notAfter: new Date(Math.min(notAfter.getTime(), validToDate.getTime())),
  };
}

/** In whole seconds, as certificates have it. */
function period(now: number, days: number): { notBefore: Date; notAfter: Date } {
  const second = (ms: number): Date => new Date(Math.floor(ms / 1_000) * 1_000);
  return { notBefore: second(now - BACKDATE), notAfter: second(now + days * DAY) };
}

/** 128 random bits, of which the first is 1 so that it is never short nor zero (CA/Browser Forum asks for 64). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0]! |= 0x80;
  return bytes.toString('hex');
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function pemOf(key: webcrypto.CryptoKey): string {
  return String(KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }));
}

async function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })).export({
    type: 'pkcs8',
    format: 'der',
  });
  return await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}
