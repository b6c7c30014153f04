/**
 * HTTP/1.1 without I/O (RFC 9110, RFC 9112), both roles: strict parsers, and writers that cannot be talked into a second
 * message. It knows no socket and no clock: deadlines are for whoever drives it.
 *
 * Each head is followed by an `end` event, also that of a 1xx response and of a message without a body. Bytes behind a
 * message after which the connection must close are dropped. Behind a request that asks to switch (Upgrade, CONNECT), call
 * `takeRest` before `next`: `next` goes on with HTTP, for the switch that was declined. A ResponseParser stops by itself
 * behind 101 and behind 2xx to CONNECT. At the end of the stream `receive(null)`, then `next` gives what is left, and `null`
 * when the stream ended between messages, or throws when it ended within one.
 */
export * from './body-writer.ts';
export { Http1Error } from './error.ts';
export * from './event.ts';
export { Fields, NO_FIELDS } from './fields.ts';
export { formatRequestHead, formatResponseHead } from './format-head.ts';
export { HTTP1_LIMITS, type Http1Limits } from './limits.ts';
export { RequestParser } from './request-parser.ts';
export { ResponseParser } from './response-parser.ts';
export {
  CLIENT,
  type Role,
  SERVER,
  STATE_TABLES,
  type State,
  type StateEvent,
  type StateTable,
} from './state.ts';
export { statusText } from './status-text.ts';
