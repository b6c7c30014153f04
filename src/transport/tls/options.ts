/** What TLS takes, and what it tells of a connection. Plain data: it knows neither sockets nor the library beneath. */
import type { X509Certificate } from 'node:crypto';
import type { HalfCloseable, Listener } from '../../core/contract.ts';

/**
 * PEM: the text itself, or the path of a file that holds it. Text is told by its `-----BEGIN`. Only what comes from files
 * can be reloaded without new options.
 */
export type Pem = string | Uint8Array;

/** A certificate with its key, and with the intermediate certificates behind it. */
export interface TlsIdentity {
  /** The chain: the certificate first, then those that signed it, without the root. */
  readonly cert: Pem;
  /** Default: the key is in the file of the certificate. */
  readonly key?: Pem | undefined;
  /** Of a key that is encrypted. */
  readonly passphrase?: string | undefined;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/**
 * How long a handshake may take, in ms, from the moment that the connection beneath is open. Precedent: Go's http.Transport
 * `TLSHandshakeTimeout`, 10 s.
 */
export const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Handshakes under way in one listener; beyond it a connection waits for its turn, and its deadline runs. Precedent: each holds
 * about 50 KiB and up to some ms of CPU, so that 1,000 are what a core does in a second or two.
 */
export const MAX_HANDSHAKES = 1_000;

/** Of both roles, but for what is said to be of one. */
export interface TlsOptions extends Partial<TlsIdentity> {
  /**
   * Certificates of the authorities that the peer's must come from. Default: Node's own list, the system's with
   * `--use-system-ca`, and NODE_EXTRA_CA_CERTS. What is given here replaces that list.
   */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** Server: further certificates, chosen by the name that the client asks for (SNI); `cert` is for all other names. */
  readonly identities?: readonly TlsIdentity[] | undefined;
  /** Client: the name that is asked for and that the certificate must bear. Default: the host of the address. */
  readonly serverName?: string | undefined;
  /** Names of application protocols, the preferred first (RFC 7301): `['h2', 'http/1.1']`. Each 1 to 255 bytes. */
  readonly alpn?: readonly string[] | undefined;
  /** Accepts any certificate of the peer: whoever sits between can read and change everything. Default false. */
  readonly insecure?: boolean | undefined;
  /** Server: asks the client for a certificate. `request` goes on without a valid one, `require` does not. Default `none`. */
  readonly clientCertificate?: 'none' | 'request' | 'require' | undefined;
  /** Default `TLSv1.2` (RFC 8996 forbids what is older). */
  readonly minVersion?: TlsVersion | undefined;
  /** Default `TLSv1.3`. */
  readonly maxVersion?: TlsVersion | undefined;
  /** In OpenSSL's notation; default: Node's list. */
  readonly ciphers?: string | undefined;
  /**
   * The path of a file that the secrets of every connection are appended to, for Wireshark. Whoever has the file reads
   * everything. Never taken from the environment.
   */
  readonly keyLog?: string | undefined;
  /** Whether sessions are resumed, which spares the next handshake with the same peer most of its work. Default true. */
  readonly resumption?: boolean | undefined;
  /**
   * Server: 80 random bytes that its tickets are encrypted with. Servers that share them, such as the workers of one, go on with
   * each other's sessions; whoever else has them can read what is resumed. Default: random.
   */
  readonly ticketKeys?: Uint8Array | undefined;
  /** Milliseconds; default `HANDSHAKE_TIMEOUT`. */
  readonly handshakeTimeout?: number | undefined;
  /** Listener: default `MAX_HANDSHAKES`. */
  readonly maxHandshakes?: number | undefined;
}

/** What was agreed with the peer. */
export interface TlsDetails {
  readonly protocol: TlsVersion;
  /** By its standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The application protocol, when one was agreed. */
  readonly alpn: string | undefined;
  /** The name that the client asked for. */
  readonly serverName: string | undefined;
  /** Whether an earlier session went on. */
  readonly resumed: boolean;
  /** Whether the peer's certificate was verified. `false` also when it has none. */
  readonly authorized: boolean;
  /** Why not, when it was checked: `insecure`, or `clientCertificate: 'request'`. */
  readonly authorizationError: Error | undefined;
  /** Read when first asked for, which must be while the connection is open; `undefined` when the peer has none. */
  readonly peerCertificate: X509Certificate | undefined;
}

export interface TlsConnection extends HalfCloseable {
  /** @throws NetError `busy` before the handshake is over, see `secured` */
  readonly tls: TlsDetails;
  /**
   * Settles when the handshake is over. Connections of `connect`, a listener or `secure` are handed out when it is; those that a
   * server adopts from a bare socket are handed out before.
   */
  readonly secured: Promise<void>;
}

export interface TlsListener extends Listener<HalfCloseable> {
  /**
   * Reads the files of certificates, keys and authorities again; connections from now on use them, others go on.
   * @throws NetError that names the file; what was in use stays in use
   */
  reload(): Promise<void>;
}

/** Whether the connection is over TLS; TypeScript then knows its `tls`. */
export function isTls(connection: object): connection is TlsConnection {
  return 'tls' in connection;
}
