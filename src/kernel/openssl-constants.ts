/** Numbers of OpenSSL 3, from its public headers (ssl.h, x509_vfy.h, tls1.h). */
export const TLS1_2_VERSION = 0x0303;
export const TLS1_3_VERSION = 0x0304;

export const SSL_CTRL_MODE = 33;
export const SSL_CTRL_SET_SESS_CACHE_MODE = 44;
export const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
export const SSL_CTRL_CHAIN_CERT = 89;
export const SSL_CTRL_SET_TLSEXT_TICKET_KEYS = 59;
export const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
export const SSL_CTRL_SET_MAX_PROTO_VERSION = 124;

/** Bytes: a name of 16, and a key of 32 each for HMAC and AES (SSL_CTX_set_tlsext_ticket_keys, ssl_lib.c). */
export const TICKET_KEYS = 80;

export const SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER = 0x2;
/** An idle connection then holds no buffers of 16 KiB. */
export const SSL_MODE_RELEASE_BUFFERS = 0x10;

export const SSL_SESS_CACHE_OFF = 0;

export const SSL_OP_NO_TICKET = 2 ** 14;
export const SSL_OP_NO_COMPRESSION = 2 ** 17;
export const SSL_OP_CIPHER_SERVER_PREFERENCE = 2 ** 22;
export const SSL_OP_NO_RENEGOTIATION = 2 ** 30;

export const SSL_VERIFY_NONE = 0;
export const SSL_VERIFY_PEER = 1;
export const SSL_VERIFY_FAIL_IF_NO_PEER_CERT = 2;

export const SSL_ERROR_SSL = 1;
export const SSL_ERROR_WANT_READ = 2;
export const SSL_ERROR_ZERO_RETURN = 6;

export const SSL_TLSEXT_ERR_OK = 0;
export const SSL_TLSEXT_ERR_ALERT_FATAL = 2;
export const OPENSSL_NPN_NEGOTIATED = 1;

/** `f*.example.net` is no wildcard (RFC 9525 section 6.3). */
export const X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS = 0x4;
export const X509_V_OK = 0;

/** Bytes of plaintext that one record holds (RFC 8446 section 5.1). */
export const RECORD_PLAIN = 16 * 1024;

/** The most that encryption adds to them: header, content type, padding and tag (RFC 8446 section 5.2). */
export const RECORD_EXTRA = 256 + 5;
