/**
 * A certificate authority of one's own, for names that no public one vouches for. It lives in a directory that only its
 * owner enters: `authority-key.pem` is key and certificate in one file, so that they always belong together, and
 * `authority.pem` a copy of the certificate, to be trusted elsewhere.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { NetError } from '../../../core/error.ts';
import {
  createAuthority,
  type IssuedCertificate,
  type IssueRequest,
  type Issuer,
  issueCertificate,
} from './issue.ts';
import { encodeScope, PRIVATE_SCOPE, scopeOfCertificate } from './name-scope.ts';
import { createPrivateFile, ensurePrivateDirectory, readPrivateFile, replaceFile } from './private-file.ts';
import { parseSubjectName } from './subject-name.ts';

const KEY_FILE = 'authority-key.pem';
const CERTIFICATE_FILE = 'authority.pem';

export interface AuthorityOptions {
  /**
   * What a new authority may vouch for beside `PRIVATE_SCOPE` and the name of this machine: domains with all below them,
   * addresses, networks (`10.0.0.0/8`); `any` for everything. One that is there already keeps what it has.
   */
  readonly permit?: readonly string[] | 'any' | undefined;
  /** Milliseconds since 1970; default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

export class LocalAuthority {
  readonly directory: string;
  /** Where the certificate lies, without the key. */
  readonly path: string;
  /** PEM of its certificate. */
  readonly cert: string;
  readonly certificate: X509Certificate;
  /** The domains and networks that it may vouch for; `undefined` for anything. */
  readonly scope: readonly string[] | undefined;
  /** Whether this call made it. */
  readonly isNew: boolean;
  readonly #issuer: Issuer;
  readonly #now: () => number;

  private constructor(directory: string, issuer: Issuer, isNew: boolean, now: () => number) {
    this.directory = directory;
    this.path = join(directory, CERTIFICATE_FILE);
    this.certificate = issuer.certificate;
    this.cert = issuer.certificate.toString();
    this.scope = issuer.scope;
    this.isNew = isNew;
    this.#issuer = issuer;
    this.#now = now;
  }

  /**
   * The authority of a directory, which is made with it when it is not there. Of several programs that make it at the same
   * time, one does, and all use that one.
   * @param directory default `authorityDirectory()`
   * @throws NetError `permission` when others could read the key or exchange it; `protocol` when the file is damaged
   */
  static async open(directory?: string, options: AuthorityOptions = {}): Promise<LocalAuthority> {
    const where = resolve(directory ?? authorityDirectory());
    const now = options.now ?? Date.now;
    await ensurePrivateDirectory(where);
    const path = join(where, KEY_FILE);
    let text = await readPrivateFile(path);
    let isNew = false;
    if (text === null) {
      isNew = await createPrivateFile(path, await createAuthority(scopeOf(options), now()));
      text = (await readPrivateFile(path)) ?? '';
    }
    const authority = new LocalAuthority(where, readIssuer(path, text), isNew, now);
    await publish(authority);
    return authority;
  }

  /**
   * A new key and a certificate for it. Nothing is stored.
   * @throws NetError `protocol` (fault `local`) for a bad name; `permission` for one that it may not vouch for; `limit`
   * for too many names or days, or when the authority itself has expired
   */
  issue(request: IssueRequest): Promise<IssuedCertificate> {
    return issueCertificate(this.#issuer, request, this.#now());
  }

  /** Whether the certificate is one of its own. */
  hasIssued(certificate: X509Certificate): boolean {
    return certificate.checkIssued(this.certificate) && certificate.verify(this.certificate.publicKey);
  }
}

/**
 * Where the authority lies unless told: `$MODNET_CERTS`, or `modnet/authority` in the directory for data of the user:
 * `$XDG_DATA_HOME` (XDG Base Directory Specification) or `~/.local/share`; `~/Library/Application Support` on macOS;
 * `%LOCALAPPDATA%` on Windows.
 */
export function authorityDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.MODNET_CERTS) return env.MODNET_CERTS;
  return join(dataHome(env), 'modnet', 'authority');
}

function dataHome(env: NodeJS.ProcessEnv): string {
  if (env.XDG_DATA_HOME) return env.XDG_DATA_HOME;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support');
  if (process.platform === 'win32' && env.LOCALAPPDATA) return env.LOCALAPPDATA;
  return join(homedir(), '.local', 'share');
}

function scopeOf({ permit = [] }: AuthorityOptions): string[] | undefined {
  if (permit === 'any') return undefined;
  // Told before anything is made.
  encodeScope(permit);
  return [...new Set([...PRIVATE_SCOPE, ...machineName(), ...permit.map(normalized)])];
}

function normalized(entry: string): string {
  return entry.includes('/') ? entry : parseSubjectName(entry).value;
}

/** The name of this machine, where it is one that a certificate can hold. */
function machineName(): string[] {
  try {
    const name = parseSubjectName(hostname());
    return name.type === 'dns' ? [name.value] : [];
  } catch {
    return [];
  }
}

function readIssuer(path: string, text: string): Issuer {
  try {
    const certificate = new X509Certificate(text.slice(text.indexOf('-----BEGIN CERT')));
    const key = createPrivateKey(text);
    if (certificate.ca && certificate.checkPrivateKey(key))
      return { certificate, key, scope: scopeOfCertificate(certificate.raw) };
  } catch (cause) {
    throw damaged(path, cause);
  }
  throw damaged(path);
}

function damaged(path: string, cause?: unknown): NetError {
  const words = `${path} is damaged: it has to hold the key of an authority and then its certificate, as PEM`;
  return new NetError('protocol', words, { fault: 'local', cause });
}

/** The copy for others to trust; whoever finds it wrong writes the right one, which is always the same. */
async function publish(authority: LocalAuthority): Promise<void> {
  const there = await readFile(authority.path, 'utf8').catch(() => '');
  if (there !== authority.cert) await replaceFile(authority.path, authority.cert, 0o644);
}
