/** Contexts and engines of OpenSSL from options. Through the kernel folder; where that cannot be had, `node/` does the same. */
import { X509Certificate } from 'node:crypto';
import {
  OpensslContext,
  type OpensslEngine,
  OpensslTrust,
  TLS1_2_VERSION,
  TLS1_3_VERSION,
} from '../../kernel/index.ts';
import type { Failure } from './failure.ts';
import { keyLogger } from './key-log.ts';
import { alpnList, defaultAuthorities, type Material } from './material.ts';
import type { TlsDetails } from './options.ts';
import { verifyCode } from './verify-codes.ts';

const VERSIONS = { 'TLSv1.2': TLS1_2_VERSION, 'TLSv1.3': TLS1_3_VERSION } as const;

let defaults: { of: readonly Uint8Array[]; trust: OpensslTrust } | undefined;

/** @throws NetError for what OpenSSL refuses */
export function opensslContext(material: Material): OpensslContext {
  const { identity, keyLog } = material;
  return new OpensslContext({
    isServer: material.isServer,
    identity: identity && {
      chain: identity.chain.map(({ raw }) => raw),
      key: identity.key.export({ type: 'pkcs8', format: 'der' }),
    },
    trusted: material.verify === 'none' && material.authorities === undefined ? undefined : trustOf(material),
    verify: material.verify,
    minVersion: VERSIONS[material.minVersion],
    maxVersion: VERSIONS[material.maxVersion],
    cipherList: material.cipherList,
    cipherSuites: material.cipherSuites,
    alpn: alpnList(material.alpn),
    tickets: material.resumption,
    ticketKeys: material.ticketKeys,
    onKeyLine: keyLog === undefined ? undefined : keyLogger(keyLog),
  });
}

/** What went wrong just now. */
export function opensslFailure(engine: OpensslEngine): Failure {
  const { reason, verifyError, verifyText } = engine.failure();
  const der = verifyError === 0 ? undefined : engine.peerCertificate;
  return {
    reason,
    verifyCode: verifyCode(verifyError),
    verifyText,
    certificate: der && new X509Certificate(der),
  };
}

/** What the handshake agreed on, when it is over. */
export function opensslDetails(
  engine: OpensslEngine,
  serverName: string | undefined,
  verifies: boolean,
): TlsDetails {
  const { verifyError, verifyText } = engine;
  const der = verifies ? engine.peerCertificate : undefined;
  let parsed: X509Certificate | undefined;
  return {
    protocol: engine.version === TLS1_3_VERSION ? 'TLSv1.3' : 'TLSv1.2',
    cipher: engine.cipher,
    alpn: engine.alpn,
    serverName,
    resumed: engine.isResumed,
    authorized: der !== undefined && verifyError === 0,
    authorizationError:
      verifyError === 0 ? undefined : Object.assign(new Error(verifyText), { code: verifyCode(verifyError) }),
    get peerCertificate() {
      const bytes = der ?? engine.peerCertificate;
      if (bytes !== undefined) parsed ??= new X509Certificate(bytes);
      return parsed;
    },
  };
}

/** Node's list is long, and read once. */
function trustOf({ authorities }: Material): OpensslTrust {
  if (authorities !== undefined) return new OpensslTrust(authorities.map(({ raw }) => raw));
  const of = defaultAuthorities();
  if (defaults?.of !== of) defaults = { of, trust: new OpensslTrust(of) };
  return defaults.trust;
}
