/** The limits and deadlines of calls, and what each is taken from. */

/** Bytes of a message that is received, uncompressed. Precedent: gRPC's default of every language, 4 MiB. */
export const MAX_RECEIVE = 4 * 1024 * 1024;

/**
 * Bytes of a message that is sent. Precedent: none sets one; four times what a peer takes by default keeps what cannot arrive from
 * being sent.
 */
export const MAX_SEND = 4 * MAX_RECEIVE;

/** Bytes from which a message is compressed. Precedent: Connect, 1 KiB: below that it saves less than it costs. */
export const COMPRESS_FROM = 1024;

/** Ms until the whole request of a call with one message has come. Precedent: nginx client_body_timeout, 60 s. */
export const REQUEST_TIMEOUT = 60_000;

/** Ms in which nothing moves on a call whose client may still send. Precedent: Envoy's stream_idle_timeout, 5 minutes. */
export const STREAM_IDLE = 300_000;

/** Ms that calls have to end in once their server drains. Precedent: Kubernetes' terminationGracePeriodSeconds, 30 s. */
export const DRAIN_GRACE = 30_000;

/** Ms of the longest deadline: what a timer of Node can wait for, 24 days. A longer one counts as that; without one a call may take for ever. */
export const MAX_DEADLINE = 2 ** 31 - 1;

/** Ms without a frame after which a client asks whether the server is there. Precedent: what servers of gRPC allow, 5 minutes. */
export const KEEPALIVE_AFTER = 300_000;

/** Ms that the server has to answer that. Precedent: gRPC, 20 s. */
export const KEEPALIVE_TIMEOUT = 20_000;

/** Ms without a call after which a client closes its connection. Precedent: gRPC, 30 minutes. */
export const CLIENT_IDLE = 1_800_000;

/** Ms that `close` of a client leaves to calls under way. Precedent: `CLOSE_DRAIN` of modnet's client of HTTP. */
export const CLIENT_GRACE = 10_000;

/** Sendings of a call in all. Precedent: the examples of gRPC's retry policy (gRFC A6) take 3 to 4; its limit is 5. */
export const RETRY_ATTEMPTS = 3;

/** Ms before the second sending, half to one and a half times; each later wait is twice as long. Precedent: gRFC A6. */
export const RETRY_BACKOFF = 100;

/** Ms of the longest wait between two sendings. */
export const RETRY_MAX_BACKOFF = 5_000;

/**
 * The budget: a failure costs a token, a success brings a tenth, and with half of them or less nothing is repeated. Precedent: the
 * throttling of gRFC A6, whose example these are.
 */
export const RETRY_TOKENS = 10;
export const RETRY_TOKEN_RATIO = 0.1;

/**
 * For the server that runs a handler of calls: `serveHttp(address, handler, { ...RPC_SERVER })`. Streams may be long, slow and silent
 * for a while; what limits a call are its message size, `REQUEST_TIMEOUT` and `STREAM_IDLE`. Draining leaves calls their grace.
 */
export const RPC_SERVER = {
  bodyLimit: Infinity,
  bodyTimeout: 0,
  bodyRate: 0,
  drainTimeout: DRAIN_GRACE + 5_000,
} as const;
