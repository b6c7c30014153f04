/** Certificates and keys from PEM, read and checked before anybody connects, so that errors name the file and what is wrong. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { NetError, systemError, toNetError } from '../../core/error.ts';
import type { Pem, TlsIdentity } from './options.ts';

/** A bundle of every public authority has 250 KB; what is larger is something else. */
const MAX_PEM = 4 * 1024 * 1024;

/** Both as PEM and as DER: Node wants one, OpenSSL the other. */
export interface Identity {
  /** The certificate, then those that signed it. */
  readonly chain: readonly X509Certificate[];
  readonly key: KeyObject;
}

/** @throws NetError that names the file */
export function loadIdentity({ cert, key, passphrase }: TlsIdentity): Identity {
  const text = readPem(cert, 'certificate');
  const chain = certificatesIn(text, nameOf(cert, 'certificate'));
  const keyText = key === undefined ? text : readPem(key, 'key');
  const keyName = nameOf(key ?? cert, 'key');
  const own = parseKey(keyText, keyName, passphrase, key === undefined);
  if (chain[0]!.checkPrivateKey(own)) return { chain, key: own };
  throw bad(`The ${keyName} does not belong to the ${nameOf(cert, 'certificate')}`);
}

/** @throws NetError that names the file */
export function loadAuthorities(ca: Pem | readonly Pem[]): X509Certificate[] {
  const all = typeof ca === 'string' || ca instanceof Uint8Array ? [ca] : ca;
  return all.flatMap((one) =>
    certificatesIn(readPem(one, 'certificate'), nameOf(one, 'certificate authority')),
  );
}

/** What changes when a file does; of PEM that was given as text it never does. Never throws. */
export function fingerprint(pem: Pem | undefined): string {
  if (pem === undefined || isText(pem)) return '';
  const { mtimeMs, size, ino } = statSync(pem as string, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size} ${ino}`;
}

/** The general words for a file that is not there speak of sockets. */
function unreadable(error: unknown, what: string): NetError {
  const { code } = error as { code?: unknown };
  if (code === 'ENOENT') return systemError(code, what, { hint: 'is the path right?', cause: error });
  return toNetError(error, what);
}

function isText(pem: Pem): boolean {
  return typeof pem !== 'string' || pem.includes('-----BEGIN');
}

function nameOf(pem: Pem, what: string): string {
  return isText(pem) ? `${what} that was given` : `${what} in ${pem}`;
}

function readPem(pem: Pem, what: string): string {
  if (typeof pem !== 'string') return Buffer.from(pem).toString('latin1');
  if (isText(pem)) return pem;
  try {
    if (statSync(pem).size > MAX_PEM) throw new NetError('limit', `it is larger than ${MAX_PEM} bytes`);
    return readFileSync(pem, 'latin1');
  } catch (error) {
    throw unreadable(error, `Cannot read the ${what} in ${pem}`);
  }
}

function certificatesIn(text: string, name: string): X509Certificate[] {
  const blocks = text.match(
    /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g,
  );
  if (blocks === null) throw bad(`The ${name} has no line -----BEGIN CERTIFICATE-----, as PEM would`);
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch (cause) {
    throw bad(`The ${name} cannot be read: ${(cause as Error).message}`, cause);
  }
}

function parseKey(text: string, name: string, passphrase: string | undefined, isImplied: boolean): KeyObject {
  const block = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0];
  if (block === undefined)
    throw bad(
      `There is no ${name}${isImplied ? '; give its file, too, with the option key' : ', as PEM would have it'}`,
    );
  const isEncrypted = /BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(block);
  if (isEncrypted && passphrase === undefined)
    throw bad(`The ${name} is encrypted, and no passphrase was given`);
  try {
    return createPrivateKey({ key: block, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (cause) {
    const why = isEncrypted ? 'the passphrase is wrong, or it is damaged' : (cause as Error).message;
    throw bad(`The ${name} cannot be read: ${why}`, cause);
  }
}

function bad(message: string, cause?: unknown): NetError {
  return new NetError('refused', message, { cause });
}
