/** The limits and deadlines of the client: each has a name, a default and a precedent, and each can be changed. */

/** Connections to one origin at a time. Precedent: the pool of urllib3 and `requests`, 10. */
export const MAX_PER_ORIGIN = 10;

/** Connections in all. Precedent: aiohttp's `TCPConnector(limit=100)`. */
export const MAX_CONNECTIONS = 100;

/** Requests that wait for a connection; one more is refused. Precedent: Envoy `max_pending_requests`, 1024. */
export const MAX_WAITING = 1024;

/**
 * Ms that a connection is kept without a request, unless the server announces another time (`Keep-Alive: timeout=`). Below
 * the 5 s after which Node's servers close. Precedent: undici `keepAliveTimeout`, 4 s.
 */
export const KEEP_ALIVE = 4_000;

/** Ms that a server may announce at most. Precedent: undici `keepAliveMaxTimeout`, 10 minutes. */
export const KEEP_ALIVE_MAX = 600_000;

/** Ms by which a connection is given up before the server does so by its own word. Precedent: undici, 1 s to 2 s. */
export const KEEP_ALIVE_MARGIN = 1_000;

/**
 * Ms from the last byte of the request to the end of the head of the answer. However slowly it comes: bytes do not
 * extend it. Precedent: nginx `proxy_read_timeout`, 60 s.
 */
export const HEADER_TIMEOUT = 60_000;

/** Ms in which no byte of a body moves, either way, or in which nobody reads it. Precedent: nginx `proxy_read_timeout`, 60 s. */
export const BODY_TIMEOUT = 60_000;

/** Ms that `100 Continue` is waited for before the body is sent all the same (RFC 9110 section 10.1.1). Precedent: curl, 1 s. */
export const CONTINUE_TIMEOUT = 1_000;

/** Redirects that are followed. Precedent: the Fetch standard, section 4.4. */
export const MAX_REDIRECTS = 20;

/** Interim answers (1xx) to one request. 102 may come again and again, but not for ever; as many as redirects. */
export const MAX_INTERIM = 20;

/** Bytes of a body that wait for their reader before the connection is paused. Precedent: the high-water mark of Node's sockets. */
export const BODY_AHEAD = 64 * 1024;

/** Bytes of a body that nobody wants which are read so that the connection can go on. Precedent: Go's `maxPostCloseReadBytes`. */
export const DRAIN_BYTES = 256 * 1024;

/** Ms that this may take. Precedent: Go's `maxPostCloseReadTime`, 50 ms. */
export const DRAIN_TIME = 50;

/**
 * How many times its size a compressed body may become, beyond `EXPANSION_FREE`. Deflate reaches 1032, text hardly 20.
 * Precedent: Apache's `DeflateInflateRatioLimit`, 200.
 */
export const MAX_EXPANSION = 200;

/** Bytes of a decompressed body to which `MAX_EXPANSION` does not apply yet: small things may well be repetitive. */
export const EXPANSION_FREE = 1024 * 1024;

/** Codings of one body. Precedent: curl's MAX_ENCODE_STACK, 5. */
export const MAX_CODINGS = 5;

/** Bytes that `bytes`, `text` and `json` collect unless `maxBodyBytes` is given: far beyond an API's documents. */
export const MAX_COLLECTED = 64 * 1024 * 1024;

/** Ms that `close` leaves to requests under way. Precedent: the drain of this package's servers, 10 s. */
export const CLOSE_DRAIN = 10_000;
