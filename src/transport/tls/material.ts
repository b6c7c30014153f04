/** Options as both libraries take them: everything read, checked and with its default in place. */
import { createHash, type X509Certificate } from 'node:crypto';
import { DEFAULT_CIPHERS, getCACertificates } from 'node:tls';
import { NetError } from '../../core/error.ts';
import { TICKET_KEYS } from '../../kernel/index.ts';
import type { TlsIdentity, TlsOptions, TlsVersion } from './options.ts';
import { fingerprint, type Identity, loadAuthorities, loadIdentity } from './pem.ts';

export interface Material {
  readonly isServer: boolean;
  readonly identity: Identity | undefined;
  /** `undefined`: Node's list. */
  readonly authorities: readonly X509Certificate[] | undefined;
  readonly verify: 'none' | 'accept' | 'if-given' | 'require';
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Up to TLS 1.2, and of TLS 1.3. */
  readonly cipherList: string;
  readonly cipherSuites: string;
  readonly alpn: readonly string[];
  readonly resumption: boolean;
  readonly keyLog: string | undefined;
  readonly ticketKeys: Uint8Array | undefined;
}

/** RFC 7301 section 3.1: the length of all names, with a byte each for theirs. */
const MAX_ALPN = 65_535;

/** @throws NetError that names the option, or the file that is wrong */
export function clientMaterial(options: TlsOptions): Material {
  const identity = options.cert === undefined ? undefined : loadIdentity(options as TlsIdentity);
  return { ...common(options), isServer: false, identity, verify: options.insecure ? 'none' : 'require' };
}

/** Of each certificate of a server, the one for all other names first. */
export function serverMaterials(options: TlsOptions): Material[] {
  const own = options.cert === undefined ? [] : [options as TlsIdentity];
  const identities = [...own, ...(options.identities ?? [])];
  if (identities.length === 0)
    throw new NetError(
      'refused',
      'A server over TLS needs a certificate and its key: give the options cert and key (?cert=FILE&key=FILE); modnet cert makes them',
    );
  const verify = ({ none: 'none', request: 'accept', require: 'require' } as const)[
    options.clientCertificate ?? 'none'
  ];
  const shared = common(options);
  return identities.map((identity) => ({
    ...shared,
    isServer: true,
    identity: loadIdentity(identity),
    verify: options.insecure && verify === 'require' ? 'accept' : verify,
  }));
}

/** Changes when the options do, or a file that they name. Short, and tells nothing of keys. */
export function materialKey(options: TlsOptions): string {
  const hash = createHash('sha256');
  const write = (value: unknown): void => {
    if (value instanceof Uint8Array) hash.update(value);
    else hash.update(JSON.stringify(value) ?? '');
    hash.update('\0');
  };
  for (const [name, value] of Object.entries(options)) {
    write(name);
    for (const one of Array.isArray(value) ? value : [value]) write(one);
  }
  write(fileMarks(options));
  return hash.digest('base64');
}

/** Changes when a file that the options name does. */
export function fileMarks({ ca, cert, key, identities = [] }: TlsOptions): string {
  const authorities = ca === undefined ? [] : Array.isArray(ca) ? ca : [ca];
  const others = identities.flatMap((identity) => [identity.cert, identity.key]);
  return [...authorities, cert, key, ...others].map(fingerprint).join('|');
}

let bundled: { of: number; certificates: readonly Uint8Array[] } | undefined;

/** Node's list of authorities (its own, the system's, NODE_EXTRA_CA_CERTS: as it was started), as DER. */
export function defaultAuthorities(): readonly Uint8Array[] {
  const all = getCACertificates('default');
  if (bundled?.of !== all.length) bundled = { of: all.length, certificates: all.map(derOf) };
  return bundled.certificates;
}

/** The form of the wire (RFC 7301 section 3.1). */
export function alpnList(names: readonly string[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(names.flatMap((name) => [Buffer.of(name.length), Buffer.from(name, 'latin1')])),
  );
}

function common(options: TlsOptions) {
  const {
    minVersion = 'TLSv1.2',
    maxVersion = 'TLSv1.3',
    resumption = true,
    keyLog,
    alpn = [],
    ticketKeys,
  } = options;
  checkVersions(minVersion, maxVersion);
  checkAlpn(alpn);
  if (ticketKeys !== undefined && ticketKeys.length !== TICKET_KEYS)
    throw new NetError('unsupported', `ticketKeys has ${ticketKeys.length} bytes; it takes ${TICKET_KEYS}`);
  // As Node has it: one list for both kinds.
  const ciphers = (options.ciphers ?? DEFAULT_CIPHERS).split(':').filter((name) => name !== '');
  return {
    authorities: options.ca === undefined ? undefined : loadAuthorities(options.ca),
    minVersion,
    maxVersion,
    cipherList: ciphers.filter((name) => !name.startsWith('TLS_')).join(':'),
    cipherSuites: ciphers.filter((name) => name.startsWith('TLS_')).join(':'),
    alpn,
    resumption,
    keyLog,
    ticketKeys,
  };
}

function checkVersions(least: string, most: string): void {
  for (const version of [least, most])
    if (version !== 'TLSv1.2' && version !== 'TLSv1.3')
      throw new NetError(
        'unsupported',
        `"${version}" is not a version of TLS; there are TLSv1.2 and TLSv1.3`,
      );
  if (least > most) throw new NetError('unsupported', `No version of TLS lies between ${least} and ${most}`);
}

function checkAlpn(names: readonly string[]): void {
  for (const name of names)
    if (!/^[\x01-\xff]{1,255}$/.test(name))
      throw new NetError(
        'unsupported',
        `"${name}" is not the name of an application protocol (ALPN): 1 to 255 bytes`,
      );
  if (names.reduce((sum, name) => sum + 1 + name.length, 0) > MAX_ALPN)
    throw new NetError('limit', `The names of application protocols (ALPN) have more than ${MAX_ALPN} bytes`);
}

function derOf(pem: string): Uint8Array {
  return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
}
