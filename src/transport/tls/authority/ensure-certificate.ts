/** A certificate that is always valid: the one of last time, or a new one when that nears its end. */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { DAY, expiryOf } from './expiry.ts';
import { type IssuedCertificate, LEAF_DAYS } from './issue.ts';
import { type AuthorityOptions, LocalAuthority } from './local-authority.ts';
import { isInScope } from './name-scope.ts';
import { readPrivateFile, replaceFile } from './private-file.ts';
import { parseSubjectNames, type SubjectName } from './subject-name.ts';

const ISSUED = 'issued';

/** Ms before the end of the authority from which on it is said. */
const WARN_BEFORE = 60 * DAY;

export interface EnsureOptions extends AuthorityOptions {
  /** Of a new certificate; default `LEAF_DAYS`. */
  readonly days?: number | undefined;
  /**
   * Leaves out names that an authority which is there already may not vouch for, where that is a `permission` otherwise: the
   * addresses of a machine change, what an authority may vouch for does not. `names` of the result tells what is left.
   */
  readonly skipOutside?: boolean | undefined;
}

export interface EnsuredCertificate extends IssuedCertificate {
  /** Where key and certificates lie, in one file. */
  readonly path: string;
  readonly authority: LocalAuthority;
  /** Whether it was issued now. */
  readonly isNew: boolean;
  /** What a person should hear: that the authority nears its end. */
  readonly warning: string | undefined;
}

/**
 * The certificate of a server for these names, from the authority of the directory, which is made when it is not there.
 * It is kept beside the authority and issued anew when it has less than `RENEW_BEFORE` (or a third of its life) left,
 * when it is damaged, or when the authority is another. Each set of names has a file of its own. Programs that do this
 * at the same time each get a valid one; the last is kept.
 * @param directory default `authorityDirectory()`
 * @throws NetError as `LocalAuthority.open` and `issue`
 */
export async function ensureCertificate(
  directory: string | undefined,
  names: readonly string[],
  options: EnsureOptions = {},
): Promise<EnsuredCertificate> {
  const all = parseSubjectNames(names, 'server');
  const authority = await LocalAuthority.open(directory, options);
  const wanted = options.skipOutside ? inside(all, authority) : all;
  const now = (options.now ?? Date.now)();
  const path = join(authority.directory, ISSUED, fileName(wanted));
  const warning = warningOf(authority, now);
  const kept = await readKept(path, authority, wanted, now);
  if (kept !== null) return { ...kept, path, authority, isNew: false, warning };
  const { days = LEAF_DAYS } = options;
  const issued = await authority.issue({ names: wanted.map(({ value }) => value), days });
  await replaceFile(path, issued.key + issued.chain);
  return { ...issued, path, authority, isNew: true, warning };
}

/** All of them if none is left: then it is to be told. */
function inside(names: readonly SubjectName[], { scope }: LocalAuthority): readonly SubjectName[] {
  const some = scope === undefined ? names : names.filter((name) => isInScope(name, scope));
  return some.length === 0 ? names : some;
}

/** The one that is there, if it will do. */
async function readKept(
  path: string,
  authority: LocalAuthority,
  names: readonly SubjectName[],
  now: number,
): Promise<IssuedCertificate | null> {
  const text = await readPrivateFile(path);
  if (text === null) return null;
  const [key, cert, chain] = parts(text);
  const certificate = readPair(key, cert);
  if (certificate === null || !authority.hasIssued(certificate)) return null;
  const { validFromDate: notBefore, validToDate: notAfter, fingerprint256: fingerprint } = certificate;
  if (!names.every((name) => speaksFor(certificate, name))) return null;
  if (expiryOf(notBefore, notAfter, now).state !== 'fine') return null;
  return { cert, key, chain, names: names.map(({ value }) => value), notBefore, notAfter, fingerprint };
}

function parts(text: string): [key: string, cert: string, chain: string] {
  const blocks = text.match(/-----BEGIN .*?-----END [A-Z ]+-----\n/gs) ?? [];
  return [blocks[0] ?? '', blocks[1] ?? '', blocks.slice(1).join('')];
}

function readPair(key: string, cert: string): X509Certificate | null {
  try {
    const certificate = new X509Certificate(cert);
    return certificate.checkPrivateKey(createPrivateKey(key)) ? certificate : null;
  } catch {
    return null;
  }
}

function speaksFor(certificate: X509Certificate, { type, value }: SubjectName): boolean {
  if (type === 'ip') return certificate.checkIP(value) !== undefined;
  return certificate.checkHost(value.replace('*', 'any')) !== undefined;
}

/**
 * `localhost+2-1f3a9c04….pem`, whatever the order of the names: for people one of them and how many more, for the program
 * a hash of all.
 */
function fileName(names: readonly SubjectName[]): string {
  const values = names.toSorted(byType).map(({ value }) => value);
  const hash = createHash('sha256').update(values.join()).digest('hex').slice(0, 16);
  const first = values[0]!.replace('*', 'any').replaceAll(':', '-').slice(0, 64);
  return `${first}${values.length > 1 ? `+${values.length - 1}` : ''}-${hash}.pem`;
}

function byType(a: SubjectName, b: SubjectName): number {
  const [one, other] = [a.type + a.value, b.type + b.value];
  return one < other ? -1 : one > other ? 1 : 0;
}

function warningOf({ certificate, directory }: LocalAuthority, now: number): string | undefined {
  const left = certificate.validToDate.getTime() - now;
  if (left > WARN_BEFORE) return undefined;
  const day = certificate.validToDate.toISOString().slice(0, 10);
  return `The authority in ${directory} expires on ${day}; make a new one before and have it trusted`;
}
