/**
 * TLS without I/O: one connection's state in OpenSSL (SSL), fed and emptied through two buffers in memory (BIO_s_mem). It knows no
 * wire and decides nothing.
 *
 * The native objects are this object's alone: made in its constructor, freed by `free`, and no method reaches OpenSSL afterwards.
 * Each address that is handed in must stay valid for the call only. Of one thread.
 */
import { isIP } from 'node:net';
import { Memory } from './memory.ts';
import * as c from './openssl-constants.ts';
import type { OpensslContext } from './openssl-context.ts';
import { decodeDer, encodeDer } from './openssl-der.ts';
import { type OpensslFailure, takeFailure } from './openssl-failure.ts';
import { type Openssl, openssl } from './openssl-library.ts';

/** What `read` returns when there are no bytes. */
export const READ_WANTS = 0;
export const READ_ENDED = -1;
export const READ_FAILED = -2;

export interface OpensslClient {
  /** Name or address that is asked for, when it is a name, and that the certificate must bear. */
  readonly serverName: string;
  /** Whether it must. */
  readonly checksName: boolean;
  /** What `session` gave of an earlier connection. */
  readonly session?: Uint8Array | undefined;
}

/** Nothing of a session is longer; what is, is not kept. Certificates of clients make up most of it. */
const MAX_SESSION = 16 * 1024;

export class OpensslEngine {
  readonly #library: Openssl;
  #ssl: number;
  readonly #input: number;
  readonly #output: number;
  /** Held: what the handshake asks of it would be gone with it. */
  readonly context: OpensslContext;

  /** @param client of a client; a server has none */
  constructor(context: OpensslContext, client?: OpensslClient) {
    const library = openssl();
    this.#library = library;
    this.#ssl = library.SSL_new(context.pointer);
    this.context = context;
    this.#input = library.BIO_new(library.BIO_s_mem());
    this.#output = library.BIO_new(library.BIO_s_mem());
    // Both are the connection's from now on, and freed with it.
    library.SSL_set_bio(this.#ssl, this.#input, this.#output);
    if (client === undefined) library.SSL_set_accept_state(this.#ssl);
    else this.#asClient(client);
  }

  get isFreed(): boolean {
    return this.#ssl === 0;
  }

  /** What arrived. */
  give(bytes: Uint8Array): void {
    if (this.#ssl !== 0) this.#library.BIO_write(this.#input, bytes, bytes.length);
  }

  giveAt(address: number, length: number): void {
    if (this.#ssl !== 0) this.#library.BIO_writeAt(this.#input, address, length);
  }

  /** Goes on shaking hands. `true` when that is done, `false` when more must arrive, `null` when it failed. */
  handshake(): boolean | null {
    if (this.#ssl === 0) return null;
    this.#library.ERR_clear_error();
    const result = this.#library.SSL_do_handshake(this.#ssl);
    if (result === 1) return true;
    return this.#library.SSL_get_error(this.#ssl, result) === c.SSL_ERROR_WANT_READ ? false : null;
  }

  /**
   * Decrypts to `address`, at most one record a call.
   * @param size at least `RECORD_PLAIN`, so that nothing of the record is left behind
   * @returns the bytes, or one of `READ_WANTS`, `READ_ENDED` (the peer's close_notify), `READ_FAILED`
   */
  read(address: number, size: number): number {
    if (this.#ssl === 0) return READ_FAILED;
    const count = this.#library.SSL_read(this.#ssl, address, size);
    if (count > 0) return count;
    let error = this.#library.SSL_get_error(this.#ssl, count);
    if (error === c.SSL_ERROR_SSL && this.#library.SSL_in_init(this.#ssl) === 0) {
      // What has failed is back in its initial state: this error is another's, left in the queue of the thread.
      this.#library.ERR_clear_error();
      error = this.#library.SSL_get_error(this.#ssl, count);
    }
    if (error === c.SSL_ERROR_WANT_READ) return READ_WANTS;
    return error === c.SSL_ERROR_ZERO_RETURN ? READ_ENDED : READ_FAILED;
  }

  /** Encrypts all of it. `false` when the connection has failed. */
  write(bytes: Uint8Array): boolean {
    return this.#ssl !== 0 && this.#library.SSL_write(this.#ssl, bytes, bytes.length) === bytes.length;
  }

  writeAt(address: number, length: number): boolean {
    return this.#ssl !== 0 && this.#library.SSL_writeAt(this.#ssl, address, length) === length;
  }

  /** Takes what is to be sent to `address`; 0 when there is nothing. */
  take(address: number, size: number): number {
    return this.#ssl === 0 ? 0 : Math.max(0, this.#library.BIO_read(this.#output, address, size));
  }

  /** Makes our close_notify. What the peer sends can still be read. */
  shutdown(): void {
    if (this.#ssl !== 0) this.#library.SSL_shutdown(this.#ssl);
  }

  /** Why `handshake` or `read` failed just now. */
  failure(): OpensslFailure {
    return this.#ssl === 0 ? { reason: 'FREED', verifyError: 0, verifyText: '' } : takeFailure(this.#ssl);
  }

  /** `TLS1_2_VERSION` or `TLS1_3_VERSION`. */
  get version(): number {
    return this.#ssl === 0 ? 0 : this.#library.SSL_version(this.#ssl);
  }

  get cipher(): string {
    if (this.#ssl === 0) return '';
    return this.#library.SSL_CIPHER_standard_name(this.#library.SSL_get_current_cipher(this.#ssl)) ?? '';
  }

  get alpn(): string | undefined {
    if (this.#ssl === 0) return undefined;
    const cell = cells();
    this.#library.SSL_get0_alpn_selected(this.#ssl, cell.address, cell.address + 8);
    const length = cell.view.getUint32(8, true);
    if (length === 0) return undefined;
    // Copied by a call, as koffi ends the process when it cannot make a view in a thread that is being terminated.
    const name = new Memory(length);
    this.#library.memcpy(name.address, Number(cell.view.getBigUint64(0, true)), length);
    return Buffer.from(name.buffer).toString('latin1');
  }

  get isResumed(): boolean {
    return this.#ssl !== 0 && this.#library.SSL_session_reused(this.#ssl) === 1;
  }

  /** See `OpensslFailure.verifyError`. Of a peer without a certificate 0 as well. */
  get verifyError(): number {
    return this.#ssl === 0 ? 0 : this.#library.SSL_get_verify_result(this.#ssl);
  }

  get verifyText(): string {
    const code = this.verifyError;
    return code === c.X509_V_OK ? '' : this.#library.X509_verify_cert_error_string(code);
  }

  /** DER. */
  get peerCertificate(): Uint8Array | undefined {
    if (this.#ssl === 0) return undefined;
    const certificate = this.#library.SSL_get1_peer_certificate(this.#ssl);
    if (certificate === 0) return this.#firstOfChain();
    const der = encodeDer(certificate, this.#library.i2d_X509);
    this.#library.X509_free(certificate);
    return der;
  }

  /** Of a client, once the server has sent its ticket: what another connection to it can go on with. */
  session(): Uint8Array | undefined {
    if (this.#ssl === 0) return undefined;
    const session = this.#library.SSL_get1_session(this.#ssl);
    if (session === 0) return undefined;
    const isGood = this.#library.SSL_SESSION_is_resumable(session) === 1;
    const der = isGood ? encodeDer(session, this.#library.i2d_SSL_SESSION) : undefined;
    this.#library.SSL_SESSION_free(session);
    return der !== undefined && der.length > MAX_SESSION ? undefined : der;
  }

  /** Idempotent. */
  free(): void {
    const ssl = this.#ssl;
    this.#ssl = 0;
    if (ssl !== 0) this.#library.SSL_free(ssl);
  }

  #asClient({ serverName, checksName, session }: OpensslClient): void {
    const library = this.#library;
    const isAddress = isIP(serverName) !== 0;
    if (!isAddress && serverName !== '')
      library.SSL_ctrl(this.#ssl, c.SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, serverName);
    if (checksName && isAddress)
      library.X509_VERIFY_PARAM_set1_ip_asc(library.SSL_get0_param(this.#ssl), serverName);
    else if (checksName) {
      library.SSL_set_hostflags(this.#ssl, c.X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      library.SSL_set1_host(this.#ssl, serverName);
    }
    library.SSL_set_connect_state(this.#ssl);
    if (session !== undefined) this.#goOnWith(session);
  }

  #goOnWith(der: Uint8Array): void {
    const session = decodeDer(der, this.#library.d2i_SSL_SESSION);
    if (session === 0) {
      this.#library.ERR_clear_error();
      return;
    }
    // It counts a reference of its own.
    this.#library.SSL_set_session(this.#ssl, session);
    this.#library.SSL_SESSION_free(session);
  }

  /** A certificate that was refused is in the chain only. */
  #firstOfChain(): Uint8Array | undefined {
    const chain = this.#library.SSL_get_peer_cert_chain(this.#ssl);
    if (chain === 0 || this.#library.OPENSSL_sk_num(chain) < 1) return undefined;
    return encodeDer(this.#library.OPENSSL_sk_value(chain, 0), this.#library.i2d_X509);
  }
}

let shared: Memory | undefined;

/** For one result and its length. */
function cells(): Memory {
  shared ??= new Memory(16);
  shared.bytes.fill(0);
  return shared;
}
