/**
 * What connections over TLS have in common (SSL_CTX): certificate, key, trust, versions. OpenSSL counts its references: each
 * connection holds its context, so one may be let go of while its connections go on.
 */
import { NetError } from '../core/error.ts';
import { hold, Memory } from './memory.ts';
import {
  acceptAnyAddress,
  forgetAlpn,
  forgetKeyLines,
  type KeyLineHandler,
  keyLineAddress,
  rememberAlpn,
  rememberKeyLines,
  selectAlpnAddress,
} from './openssl-callbacks.ts';
import * as c from './openssl-constants.ts';
import { decodeDer } from './openssl-der.ts';
import { withoutStale } from './openssl-failure.ts';
import { type Openssl, openssl } from './openssl-library.ts';

/** DER, each certificate on its own. */
export interface OpensslIdentity {
  /** The certificate, then those that signed it. */
  readonly chain: readonly Uint8Array[];
  /** PKCS #8. */
  readonly key: Uint8Array;
}

export interface OpensslContextOptions {
  readonly isServer: boolean;
  readonly identity?: OpensslIdentity | undefined;
  /** Whom to trust; kept by the context. */
  readonly trusted?: OpensslTrust | undefined;
  /** `accept`: verify, and go on whatever comes of it. */
  readonly verify: 'none' | 'accept' | 'if-given' | 'require';
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Up to TLS 1.2, and of TLS 1.3; each may be empty. */
  readonly cipherList: string;
  readonly cipherSuites: string;
  /** In the form of the wire (RFC 7301 section 3.1). */
  readonly alpn?: Uint8Array | undefined;
  readonly tickets: boolean;
  /** `TICKET_KEYS` bytes that a server encrypts its tickets with; default: its own, made by OpenSSL. */
  readonly ticketKeys?: Uint8Array | undefined;
  readonly onKeyLine?: KeyLineHandler | undefined;
}

/** Sessions go on only where the server means the same thing by them (SSL_CTX_set_session_id_context(3)). */
const SESSION_CONTEXT = new TextEncoder().encode('modnet');

const VERIFY = {
  none: c.SSL_VERIFY_NONE,
  accept: c.SSL_VERIFY_PEER,
  'if-given': c.SSL_VERIFY_PEER,
  require: c.SSL_VERIFY_PEER | c.SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
} as const;

/** Certificates of authorities (X509_STORE). */
export class OpensslTrust {
  readonly pointer: number;

  /** @throws NetError `protocol` (fault `local`) for one that cannot be read */
  constructor(certificates: readonly Uint8Array[]) {
    const library = openssl();
    this.pointer = library.X509_STORE_new();
    trusts.register(this, this.pointer);
    for (const der of certificates)
      withCertificate(library, der, (certificate) => library.X509_STORE_add_cert(this.pointer, certificate));
  }
}

export class OpensslContext {
  readonly pointer: number;

  /** @throws NetError `protocol` (fault `local`) for what OpenSSL refuses: a weak key, a cipher that it does not know */
  constructor(options: OpensslContextOptions) {
    const library = openssl();
    this.pointer = library.SSL_CTX_new(library.TLS_method());
    const held: Held = { pointer: this.pointer, alpn: 0 };
    contexts.register(this, held);
    withoutStale(() => configure(library, held, options));
  }
}

/** What a context takes with it. */
interface Held {
  readonly pointer: number;
  alpn: number;
}

const trusts = new FinalizationRegistry<number>((pointer) => openssl().X509_STORE_free(pointer));
/** Connections may still be there: they keep the context alive, but shake no hands any more that would ask for its lists. */
const contexts = new FinalizationRegistry<Held>(({ pointer, alpn }) => {
  forgetAlpn(alpn);
  forgetKeyLines(pointer);
  openssl().SSL_CTX_free(pointer);
});

function configure(library: Openssl, held: Held, options: OpensslContextOptions): void {
  const { pointer } = held;
  const control = (command: number, value: number): void => {
    library.SSL_CTX_ctrl(pointer, command, value, 0);
  };
  control(c.SSL_CTRL_SET_MIN_PROTO_VERSION, options.minVersion);
  control(c.SSL_CTRL_SET_MAX_PROTO_VERSION, options.maxVersion);
  control(c.SSL_CTRL_MODE, c.SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | c.SSL_MODE_RELEASE_BUFFERS);
  // A server's sessions travel as tickets, a client's are kept by whoever made the connection.
  control(c.SSL_CTRL_SET_SESS_CACHE_MODE, c.SSL_SESS_CACHE_OFF);
  const always = c.SSL_OP_NO_RENEGOTIATION + c.SSL_OP_NO_COMPRESSION + c.SSL_OP_CIPHER_SERVER_PREFERENCE;
  library.SSL_CTX_set_options(pointer, always + (options.tickets ? 0 : c.SSL_OP_NO_TICKET));
  library.SSL_CTX_set_session_id_context(pointer, SESSION_CONTEXT, SESSION_CONTEXT.length);
  if (options.ticketKeys !== undefined) setTicketKeys(library, pointer, options.ticketKeys);
  setCiphers(library, pointer, options);
  if (options.identity !== undefined) setIdentity(library, pointer, options.identity);
  if (options.trusted !== undefined) library.SSL_CTX_set1_cert_store(pointer, options.trusted.pointer);
  const anyway = options.verify === 'accept' ? acceptAnyAddress() : 0;
  library.SSL_CTX_set_verify(pointer, VERIFY[options.verify], anyway);
  setAlpn(library, held, options);
  if (options.onKeyLine === undefined) return;
  rememberKeyLines(pointer, options.onKeyLine);
  library.SSL_CTX_set_keylog_callback(pointer, keyLineAddress());
}

function setTicketKeys(library: Openssl, pointer: number, keys: Uint8Array): void {
  const memory = new Memory(c.TICKET_KEYS);
  memory.bytes.set(keys.subarray(0, c.TICKET_KEYS));
  library.SSL_CTX_ctrl(pointer, c.SSL_CTRL_SET_TLSEXT_TICKET_KEYS, c.TICKET_KEYS, memory.address);
  hold(memory);
  memory.bytes.fill(0);
}

function setCiphers(library: Openssl, pointer: number, options: OpensslContextOptions): void {
  const { cipherList, cipherSuites } = options;
  if (cipherSuites !== '' && library.SSL_CTX_set_ciphersuites(pointer, cipherSuites) !== 1)
    throw refused(`The ciphers "${cipherSuites}" name none that OpenSSL has for TLS 1.3`);
  if (cipherList !== '' && library.SSL_CTX_set_cipher_list(pointer, cipherList) !== 1)
    throw refused(`The ciphers "${cipherList}" name none that OpenSSL has`);
}

function setIdentity(library: Openssl, pointer: number, { chain, key }: OpensslIdentity): void {
  const [certificate, ...others] = chain;
  withCertificate(library, certificate!, (own) => {
    if (library.SSL_CTX_use_certificate(pointer, own) !== 1)
      throw refused(`OpenSSL refuses the certificate: ${reason(library)}`);
  });
  for (const der of others)
    withCertificate(library, der, (other) =>
      // 1: it counts a reference of its own.
      library.SSL_CTX_ctrl(pointer, c.SSL_CTRL_CHAIN_CERT, 1, other),
    );
  const pkey = decodeDer(key, library.d2i_AutoPrivateKey);
  if (pkey === 0) throw refused(`OpenSSL cannot read the key: ${reason(library)}`);
  const used = library.SSL_CTX_use_PrivateKey(pointer, pkey);
  library.EVP_PKEY_free(pkey);
  if (used === 1 && library.SSL_CTX_check_private_key(pointer) === 1) return;
  throw refused(`OpenSSL refuses the key: ${reason(library)}`);
}

function setAlpn(library: Openssl, held: Held, { alpn, isServer }: OpensslContextOptions): void {
  if (alpn === undefined || alpn.length === 0) return;
  if (!isServer) {
    library.SSL_CTX_set_alpn_protos(held.pointer, alpn, alpn.length);
    return;
  }
  held.alpn = rememberAlpn(alpn);
  library.SSL_CTX_set_alpn_select_cb(held.pointer, selectAlpnAddress(), held.alpn);
}

/** `use` must count a reference of its own if it keeps the certificate. */
function withCertificate(library: Openssl, der: Uint8Array, use: (certificate: number) => unknown): void {
  const certificate = decodeDer(der, library.d2i_X509);
  if (certificate === 0) throw refused(`OpenSSL cannot read a certificate: ${reason(library)}`);
  try {
    use(certificate);
  } finally {
    library.X509_free(certificate);
  }
}

function reason(library: Openssl): string {
  return library.ERR_reason_error_string(library.ERR_peek_last_error()) ?? 'for no reason that it gives';
}

function refused(message: string): NetError {
  return new NetError('protocol', message, { fault: 'local' });
}
