/**
 * The functions of OpenSSL 3 that modnet calls, in the copy that Node itself carries: its program exports them, for addons.
 * It knows no protocol. All pointers are numbers, 0 is NULL; who owns what is said in the files that call.
 *
 * Nothing here is called back but for three functions (`openssl-callbacks.ts`), each from within a call of ours.
 */
import { NetError } from '../core/error.ts';
import { bindFunctions } from './ffi.ts';

type Pointer = number;

export interface Openssl {
  OpenSSL_version(what: number): string;
  OpenSSL_version_num(): number;
  ERR_clear_error(): void;
  ERR_peek_error(): number;
  ERR_peek_last_error(): number;
  ERR_reason_error_string(error: number): string | null;
  BIO_new(method: Pointer): Pointer;
  BIO_s_mem(): Pointer;
  BIO_read(bio: Pointer, to: Pointer, size: number): number;
  BIO_write(bio: Pointer, bytes: Uint8Array, length: number): number;
  BIO_writeAt(bio: Pointer, from: Pointer, length: number): number;
  d2i_AutoPrivateKey(out: Pointer, from: Pointer, length: number): Pointer;
  d2i_X509(out: Pointer, from: Pointer, length: number): Pointer;
  d2i_SSL_SESSION(out: Pointer, from: Pointer, length: number): Pointer;
  EVP_PKEY_free(key: Pointer): void;
  i2d_SSL_SESSION(session: Pointer, to: Pointer): number;
  i2d_X509(certificate: Pointer, to: Pointer): number;
  OPENSSL_sk_num(stack: Pointer): number;
  OPENSSL_sk_value(stack: Pointer, index: number): Pointer;
  SSL_CIPHER_standard_name(cipher: Pointer): string | null;
  SSL_CTX_add_client_CA(context: Pointer, certificate: Pointer): number;
  SSL_CTX_check_private_key(context: Pointer): number;
  SSL_CTX_ctrl(context: Pointer, command: number, number: number, pointer: Pointer): number;
  SSL_CTX_free(context: Pointer): void;
  SSL_CTX_new(method: Pointer): Pointer;
  SSL_CTX_set1_cert_store(context: Pointer, store: Pointer): void;
  SSL_CTX_set_alpn_protos(context: Pointer, bytes: Uint8Array, length: number): number;
  SSL_CTX_set_alpn_select_cb(context: Pointer, callback: Pointer, argument: number): void;
  SSL_CTX_set_cipher_list(context: Pointer, list: string): number;
  SSL_CTX_set_ciphersuites(context: Pointer, list: string): number;
  SSL_CTX_set_keylog_callback(context: Pointer, callback: Pointer): void;
  SSL_CTX_set_options(context: Pointer, options: number): number;
  SSL_CTX_set_session_id_context(context: Pointer, bytes: Uint8Array, length: number): number;
  SSL_CTX_set_verify(context: Pointer, mode: number, callback: Pointer): void;
  SSL_CTX_use_PrivateKey(context: Pointer, key: Pointer): number;
  SSL_CTX_use_certificate(context: Pointer, certificate: Pointer): number;
  SSL_SESSION_free(session: Pointer): void;
  SSL_SESSION_is_resumable(session: Pointer): number;
  SSL_ctrl(ssl: Pointer, command: number, number: number, text: string): number;
  SSL_do_handshake(ssl: Pointer): number;
  SSL_free(ssl: Pointer): void;
  SSL_get0_alpn_selected(ssl: Pointer, data: Pointer, length: Pointer): void;
  SSL_get0_param(ssl: Pointer): Pointer;
  SSL_get1_peer_certificate(ssl: Pointer): Pointer;
  SSL_get1_session(ssl: Pointer): Pointer;
  SSL_get_SSL_CTX(ssl: Pointer): Pointer;
  SSL_get_current_cipher(ssl: Pointer): Pointer;
  SSL_get_peer_cert_chain(ssl: Pointer): Pointer;
  SSL_get_error(ssl: Pointer, result: number): number;
  SSL_get_verify_result(ssl: Pointer): number;
  SSL_in_init(ssl: Pointer): number;
  SSL_new(context: Pointer): Pointer;
  SSL_read(ssl: Pointer, to: Pointer, size: number): number;
  SSL_select_next_proto(
    out: Pointer,
    outLength: Pointer,
    server: Pointer,
    serverLength: number,
    client: Pointer,
    clientLength: number,
  ): number;
  SSL_session_reused(ssl: Pointer): number;
  SSL_set1_host(ssl: Pointer, name: string): number;
  SSL_set_accept_state(ssl: Pointer): void;
  SSL_set_bio(ssl: Pointer, input: Pointer, output: Pointer): void;
  SSL_set_connect_state(ssl: Pointer): void;
  SSL_set_hostflags(ssl: Pointer, flags: number): void;
  SSL_set_session(ssl: Pointer, session: Pointer): number;
  SSL_set_shutdown(ssl: Pointer, mode: number): void;
  SSL_shutdown(ssl: Pointer): number;
  SSL_version(ssl: Pointer): number;
  SSL_write(ssl: Pointer, bytes: Uint8Array, length: number): number;
  SSL_writeAt(ssl: Pointer, from: Pointer, length: number): number;
  TLS_method(): Pointer;
  /** Of the C library. */
  memcpy(to: Pointer, from: Pointer, length: number): Pointer;
  X509_STORE_add_cert(store: Pointer, certificate: Pointer): number;
  X509_STORE_free(store: Pointer): void;
  X509_STORE_new(): Pointer;
  X509_VERIFY_PARAM_set1_ip_asc(param: Pointer, address: string): number;
  X509_free(certificate: Pointer): void;
  X509_verify_cert_error_string(code: number): string;
}

const PROTOTYPES: Readonly<Record<keyof Openssl, string>> = {
  OpenSSL_version: 'const char *OpenSSL_version(int)',
  OpenSSL_version_num: 'unsigned long OpenSSL_version_num()',
  ERR_clear_error: 'void ERR_clear_error()',
  ERR_peek_error: 'unsigned long ERR_peek_error()',
  ERR_peek_last_error: 'unsigned long ERR_peek_last_error()',
  ERR_reason_error_string: 'const char *ERR_reason_error_string(unsigned long)',
  BIO_new: 'uintptr_t BIO_new(uintptr_t)',
  BIO_s_mem: 'uintptr_t BIO_s_mem()',
  BIO_read: 'int BIO_read(uintptr_t, uintptr_t, int)',
  BIO_write: 'int BIO_write(uintptr_t, uint8_t *, int)',
  BIO_writeAt: 'int BIO_write(uintptr_t, uintptr_t, int)',
  d2i_AutoPrivateKey: 'uintptr_t d2i_AutoPrivateKey(uintptr_t, uintptr_t, long)',
  d2i_X509: 'uintptr_t d2i_X509(uintptr_t, uintptr_t, long)',
  d2i_SSL_SESSION: 'uintptr_t d2i_SSL_SESSION(uintptr_t, uintptr_t, long)',
  EVP_PKEY_free: 'void EVP_PKEY_free(uintptr_t)',
  i2d_SSL_SESSION: 'int i2d_SSL_SESSION(uintptr_t, uintptr_t)',
  i2d_X509: 'int i2d_X509(uintptr_t, uintptr_t)',
  OPENSSL_sk_num: 'int OPENSSL_sk_num(uintptr_t)',
  OPENSSL_sk_value: 'uintptr_t OPENSSL_sk_value(uintptr_t, int)',
  SSL_CIPHER_standard_name: 'const char *SSL_CIPHER_standard_name(uintptr_t)',
  SSL_CTX_add_client_CA: 'int SSL_CTX_add_client_CA(uintptr_t, uintptr_t)',
  SSL_CTX_check_private_key: 'int SSL_CTX_check_private_key(uintptr_t)',
  SSL_CTX_ctrl: 'long SSL_CTX_ctrl(uintptr_t, int, long, uintptr_t)',
  SSL_CTX_free: 'void SSL_CTX_free(uintptr_t)',
  SSL_CTX_new: 'uintptr_t SSL_CTX_new(uintptr_t)',
  SSL_CTX_set1_cert_store: 'void SSL_CTX_set1_cert_store(uintptr_t, uintptr_t)',
  SSL_CTX_set_alpn_protos: 'int SSL_CTX_set_alpn_protos(uintptr_t, uint8_t *, unsigned int)',
  SSL_CTX_set_alpn_select_cb: 'void SSL_CTX_set_alpn_select_cb(uintptr_t, uintptr_t, uintptr_t)',
  SSL_CTX_set_cipher_list: 'int SSL_CTX_set_cipher_list(uintptr_t, const char *)',
  SSL_CTX_set_ciphersuites: 'int SSL_CTX_set_ciphersuites(uintptr_t, const char *)',
  SSL_CTX_set_keylog_callback: 'void SSL_CTX_set_keylog_callback(uintptr_t, uintptr_t)',
  SSL_CTX_set_options: 'uint64_t SSL_CTX_set_options(uintptr_t, uint64_t)',
  SSL_CTX_set_session_id_context: 'int SSL_CTX_set_session_id_context(uintptr_t, uint8_t *, unsigned int)',
  SSL_CTX_set_verify: 'void SSL_CTX_set_verify(uintptr_t, int, uintptr_t)',
  SSL_CTX_use_PrivateKey: 'int SSL_CTX_use_PrivateKey(uintptr_t, uintptr_t)',
  SSL_CTX_use_certificate: 'int SSL_CTX_use_certificate(uintptr_t, uintptr_t)',
  SSL_SESSION_free: 'void SSL_SESSION_free(uintptr_t)',
  SSL_SESSION_is_resumable: 'int SSL_SESSION_is_resumable(uintptr_t)',
  SSL_ctrl: 'long SSL_ctrl(uintptr_t, int, long, const char *)',
  SSL_do_handshake: 'int SSL_do_handshake(uintptr_t)',
  SSL_free: 'void SSL_free(uintptr_t)',
  SSL_get0_alpn_selected: 'void SSL_get0_alpn_selected(uintptr_t, uintptr_t, uintptr_t)',
  SSL_get0_param: 'uintptr_t SSL_get0_param(uintptr_t)',
  SSL_get1_peer_certificate: 'uintptr_t SSL_get1_peer_certificate(uintptr_t)',
  SSL_get1_session: 'uintptr_t SSL_get1_session(uintptr_t)',
  SSL_get_SSL_CTX: 'uintptr_t SSL_get_SSL_CTX(uintptr_t)',
  SSL_get_current_cipher: 'uintptr_t SSL_get_current_cipher(uintptr_t)',
  SSL_get_peer_cert_chain: 'uintptr_t SSL_get_peer_cert_chain(uintptr_t)',
  SSL_get_error: 'int SSL_get_error(uintptr_t, int)',
  SSL_in_init: 'int SSL_in_init(uintptr_t)',
  SSL_get_verify_result: 'long SSL_get_verify_result(uintptr_t)',
  SSL_new: 'uintptr_t SSL_new(uintptr_t)',
  SSL_read: 'int SSL_read(uintptr_t, uintptr_t, int)',
  SSL_select_next_proto:
    'int SSL_select_next_proto(uintptr_t, uintptr_t, uintptr_t, unsigned int, uintptr_t, unsigned int)',
  SSL_session_reused: 'int SSL_session_reused(uintptr_t)',
  SSL_set1_host: 'int SSL_set1_host(uintptr_t, const char *)',
  SSL_set_accept_state: 'void SSL_set_accept_state(uintptr_t)',
  SSL_set_bio: 'void SSL_set_bio(uintptr_t, uintptr_t, uintptr_t)',
  SSL_set_connect_state: 'void SSL_set_connect_state(uintptr_t)',
  SSL_set_hostflags: 'void SSL_set_hostflags(uintptr_t, unsigned int)',
  SSL_set_session: 'int SSL_set_session(uintptr_t, uintptr_t)',
  SSL_set_shutdown: 'void SSL_set_shutdown(uintptr_t, int)',
  SSL_shutdown: 'int SSL_shutdown(uintptr_t)',
  SSL_version: 'int SSL_version(uintptr_t)',
  SSL_write: 'int SSL_write(uintptr_t, uint8_t *, int)',
  SSL_writeAt: 'int SSL_write(uintptr_t, uintptr_t, int)',
  TLS_method: 'uintptr_t TLS_method()',
  memcpy: 'uintptr_t memcpy(uintptr_t, uintptr_t, size_t)',
  X509_STORE_add_cert: 'int X509_STORE_add_cert(uintptr_t, uintptr_t)',
  X509_STORE_free: 'void X509_STORE_free(uintptr_t)',
  X509_STORE_new: 'uintptr_t X509_STORE_new()',
  X509_VERIFY_PARAM_set1_ip_asc: 'int X509_VERIFY_PARAM_set1_ip_asc(uintptr_t, const char *)',
  X509_free: 'void X509_free(uintptr_t)',
  X509_verify_cert_error_string: 'const char *X509_verify_cert_error_string(long)',
};

let bound: Openssl | undefined;

/** Whether OpenSSL can be called here. Never throws. */
export function opensslAvailable(): boolean {
  try {
    openssl();
    return true;
  } catch {
    return false;
  }
}

/**
 * OpenSSL of this process.
 * @throws NetError `unsupported` where there is none, or another than the one that Node uses: two copies must not be mixed
 */
export function openssl(): Openssl {
  bound ??= bind();
  return bound;
}

function bind(): Openssl {
  let library: Openssl;
  try {
    library = bindFunctions(PROTOTYPES) as unknown as Openssl;
  } catch (cause) {
    throw unsupported('this Node does not export it, or system calls cannot be made here', cause);
  }
  // OPENSSL_VERSION_NUMBER(3): the major version is in the highest four bits.
  const major = Math.floor(library.OpenSSL_version_num() / 2 ** 28);
  if (major !== 3) throw unsupported(`it is ${library.OpenSSL_version(0)}, and version 3 is needed`);
  const ours = /^OpenSSL (\S+)/.exec(library.OpenSSL_version(0))?.[1];
  const nodes = process.versions.openssl?.replace(/\+quic$/, '');
  if (ours !== nodes) throw unsupported(`the process holds ${ours} beside Node's ${nodes}`);
  return library;
}

function unsupported(reason: string, cause?: unknown): NetError {
  return new NetError('unsupported', `OpenSSL cannot be called: ${reason}; use the node driver`, { cause });
}
