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

/**
 * Ms of the longest deadline: what a timer of Node can wait for, 24 days. A longer one is refused; without one a call may take for
 * ever.
 */
export const MAX_DEADLINE = 2 ** 31 - 1;
