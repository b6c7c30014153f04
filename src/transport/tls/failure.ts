/** What a person needs to hear of a handshake that failed: which rule, whose, and what to do. It knows no library. */
import type { X509Certificate } from 'node:crypto';
import { NetError, type NetErrorCode, toNetError } from '../../core/error.ts';
import { dnsNames } from './names.ts';

/** In terms that both OpenSSL and Node have. */
export interface Failure {
  /** Of OpenSSL, as Node has it without `ERR_SSL_`: `NO_SHARED_CIPHER`. */
  readonly reason: string;
  /** Of the peer's certificate, as Node has it: `CERT_HAS_EXPIRED`. */
  readonly verifyCode?: string | undefined;
  readonly verifyText?: string | undefined;
  readonly certificate?: X509Certificate | undefined;
  readonly cause?: unknown;
}

export interface FailureContext {
  /** `The TLS handshake with tls://example.net:443 failed` */
  readonly what: string;
  readonly isServer: boolean;
  /** That the certificate of a server was to bear. */
  readonly serverName?: string | undefined;
  readonly alpn?: readonly string[] | undefined;
}

type Rule = readonly [code: NetErrorCode, words: string];

const OLD = 'TLS 1.2 is the oldest that is spoken here, and 1.3 is preferred';
const CLIENT_CERT = 'it wants a certificate of the client; give one with cert and key';

/** What we found ourselves. */
const OURS: Readonly<Record<string, Rule>> = {
  UNSUPPORTED_PROTOCOL: ['refused', `no version of TLS in common; ${OLD}`],
  VERSION_TOO_LOW: ['refused', `no version of TLS in common; ${OLD}`],
  WRONG_SSL_VERSION: ['refused', `no version of TLS in common; ${OLD}`],
  UNKNOWN_PROTOCOL: ['refused', `no version of TLS in common; ${OLD}`],
  NO_PROTOCOLS_AVAILABLE: ['unsupported', 'no version of TLS lies between minVersion and maxVersion'],
  NO_SHARED_CIPHER: ['refused', 'no cipher in common; see the option ciphers'],
  NO_SUITABLE_SIGNATURE_ALGORITHM: ['refused', 'the client knows no signature that the key can make'],
  NO_SUITABLE_KEY_SHARE: ['refused', 'no group for the exchange of keys in common'],
  PEER_DID_NOT_RETURN_A_CERTIFICATE: ['refused', 'the client gave no certificate, and one is required'],
  NO_APPLICATION_PROTOCOL: ['refused', 'no application protocol (ALPN) in common'],
  BAD_ALPN: ['refused', 'no application protocol (ALPN) in common'],
  INAPPROPRIATE_FALLBACK: ['refused', 'the client fell back to an older version than both speak'],
  NO_RENEGOTIATION: ['refused', 'the peer wants to renegotiate, which is refused'],
  DECRYPTION_FAILED_OR_BAD_RECORD_MAC: ['protocol', 'a record was changed on its way'],
  BAD_RECORD_TYPE: ['protocol', 'what came is not TLS'],
  WRONG_VERSION_NUMBER: ['protocol', 'what came is not TLS'],
  PACKET_LENGTH_TOO_LONG: [
    'protocol',
    'a record is longer than the 16 KiB that TLS allows, or not TLS at all',
  ],
  DATA_LENGTH_TOO_LONG: ['protocol', 'a record is longer than the 16 KiB that TLS allows'],
  ENCRYPTED_LENGTH_TOO_LONG: ['protocol', 'a record is longer than the 16 KiB that TLS allows'],
  UNEXPECTED_EOF_WHILE_READING: ['broken', 'the peer closed in the middle'],
};

/** What the peer found, and told in an alert (RFC 8446 section 6.2). */
const ALERTS: Readonly<Record<string, Rule>> = {
  PROTOCOL_VERSION: ['refused', `the peer speaks none of our versions of TLS; ${OLD}`],
  INSUFFICIENT_SECURITY: ['refused', 'the peer wants stronger ciphers'],
  HANDSHAKE_FAILURE: ['refused', 'the peer has nothing in common with us: no cipher, group or version'],
  NO_APPLICATION_PROTOCOL: ['refused', 'the peer speaks none of our application protocols (ALPN)'],
  UNRECOGNIZED_NAME: ['refused', 'the peer has no certificate for the name that was asked for'],
  CERTIFICATE_REQUIRED: ['refused', CLIENT_CERT],
  UNKNOWN_CA: ['refused', 'the peer does not trust the authority behind our certificate'],
  BAD_CERTIFICATE: ['refused', 'the peer refuses our certificate'],
  UNSUPPORTED_CERTIFICATE: ['refused', 'the peer refuses our certificate: it is of a wrong kind'],
  CERTIFICATE_REVOKED: ['refused', 'the peer refuses our certificate: it was revoked'],
  CERTIFICATE_EXPIRED: ['refused', 'the peer refuses our certificate: it is not valid now'],
  CERTIFICATE_UNKNOWN: ['refused', 'the peer refuses our certificate'],
  ACCESS_DENIED: ['refused', 'the peer refuses our certificate: access denied'],
  DECRYPT_ERROR: ['protocol', 'the peer could not check our signature'],
  INTERNAL_ERROR: ['broken', 'the peer failed inside'],
};

/** What the wire found by itself. */
const LINES: Readonly<Record<string, Rule>> = {
  LOST: ['broken', 'the connection beneath was lost'],
  TRUNCATED: [
    'broken',
    'the peer closed without the close_notify of TLS, so that what it sent may have been cut off',
  ],
};

/** The error for a handshake, or an open connection, that failed. Its `errno` is the name of the failure. */
export function tlsError(failure: Failure, context: FailureContext): NetError {
  const { cause } = failure;
  // OpenSSL 3.5 has "ssl/tls alert …" where others have "sslv3 alert …".
  const reason = failure.reason.replace(/^SSL[/_]TLS_/, 'SSLV3_');
  if (reason === 'FOREIGN') return foreignError(cause, context);
  if (failure.verifyCode !== undefined && (reason === 'CERTIFICATE_VERIFY_FAILED' || !isAlert(reason)))
    return certificateError(failure, context);
  const alert = ALERTS[reason.replace(/^(SSLV3|TLSV1|TLSV13)_(ALERT_)?/, '')];
  const [code, words] = (isAlert(reason) ? alert : (OURS[reason] ?? LINES[reason])) ?? [
    'protocol',
    plain(reason),
  ];
  const more = /APPLICATION_PROTOCOL/.test(reason) ? offered(context.alpn) : '';
  const lost = reason === 'LOST' && cause instanceof Error ? `: ${cause.message}` : '';
  return new NetError(code, `${context.what}: ${words}${more}${lost}`, {
    errno: reason,
    ...(code === 'protocol' ? { fault: 'remote' } : {}),
    ...(cause === undefined ? {} : { cause }),
  });
}

/** It was thrown, in words that say all but what was attempted. */
function foreignError(thrown: unknown, { what }: FailureContext): NetError {
  const { code, fault, message } = toNetError(thrown, 'it failed');
  return new NetError(code, `${what}: ${message}`, { fault, cause: thrown });
}

function isAlert(reason: string): boolean {
  return /^(SSLV3|TLSV1|TLSV13)_/.test(reason);
}

function plain(reason: string): string {
  return `OpenSSL says "${reason.toLowerCase().replaceAll('_', ' ')}"`;
}

function offered(alpn: readonly string[] | undefined): string {
  return alpn === undefined || alpn.length === 0 ? '' : `; ours are ${alpn.join(', ')}`;
}

function certificateError(failure: Failure, context: FailureContext): NetError {
  const whose = context.isServer ? "the client's certificate" : "the server's certificate";
  const words = `${context.what}: ${whose} ${certificateWords(failure, context)}`;
  const { verifyCode, cause } = failure;
  return new NetError('refused', words, {
    errno: verifyCode,
    ...(cause === undefined ? {} : { cause }),
  });
}

function certificateWords(failure: Failure, context: FailureContext): string {
  const { certificate, verifyCode } = failure;
  switch (verifyCode) {
    case 'CERT_HAS_EXPIRED':
      return expired(certificate);
    case 'CERT_NOT_YET_VALID':
      return `is not valid yet${certificate === undefined ? '' : `: its time begins on ${certificate.validFrom}`}; is the clock right?`;
    case 'HOSTNAME_MISMATCH':
    case 'IP_ADDRESS_MISMATCH':
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return wrongName(certificate, context.serverName);
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `is signed by itself (${subject(certificate)}), and not trusted; ${trust(context, 'it')}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `comes from an authority that is not trusted${issuer(certificate)}; ${trust(context, "the authority's certificate")}`;
    default:
      return `is refused: ${failure.verifyText ?? verifyCode}`;
  }
}

function expired(certificate: X509Certificate | undefined): string {
  if (certificate === undefined) return 'has expired';
  const over = Date.parse(certificate.validTo);
  // Of a chain any certificate may be meant; the first is the one at hand.
  if (over > Date.now()) return 'comes with one of an authority that has expired';
  return `expired on ${certificate.validTo}; it must be renewed`;
}

function wrongName(certificate: X509Certificate | undefined, asked: string | undefined): string {
  const names = namesOf(certificate);
  const has = names === '' ? '' : `; it is for ${names}`;
  return `is not for ${asked ?? 'the name that was asked for'}${has}`;
}

function namesOf(certificate: X509Certificate | undefined): string {
  if (certificate === undefined) return '';
  const addresses = (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((entry) => entry.startsWith('IP Address:'))
    .map((entry) => entry.slice('IP Address:'.length));
  const names = [...dnsNames(certificate.subjectAltName), ...addresses];
  return names.length === 0 ? subject(certificate) : names.slice(0, 10).join(', ');
}

function subject(certificate: X509Certificate | undefined): string {
  return certificate?.subject.replaceAll('\n', ', ') ?? 'no subject';
}

function issuer(certificate: X509Certificate | undefined): string {
  return certificate === undefined ? '' : ` ("${certificate.issuer.replaceAll('\n', ', ')}")`;
}

function trust({ isServer }: FailureContext, what: string): string {
  if (isServer) return `trust ${what} with the option ca`;
  return `trust ${what} with the option ca (--cacert FILE, ?ca=FILE) or NODE_EXTRA_CA_CERTS, or see modnet cert for an authority of your own`;
}
