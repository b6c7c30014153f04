/** The codes that say why a WebSocket is closed (RFC 6455 section 7.4, and what was registered with IANA since). */

/** The purpose was fulfilled. */
export const NORMAL_CLOSURE = 1000;
/** The server goes down, or the browser leaves the page. */
export const GOING_AWAY = 1001;
export const PROTOCOL_ERROR = 1002;
/** A kind of data that the endpoint does not take. */
export const UNSUPPORTED_DATA = 1003;
/** Never sent: the Close frame had no code. */
export const NO_STATUS = 1005;
/** Never sent: the connection ended without a Close frame. */
export const ABNORMAL_CLOSURE = 1006;
/** Text that is not UTF-8, or compressed data that cannot be inflated. */
export const INVALID_PAYLOAD = 1007;
export const POLICY_VIOLATION = 1008;
export const MESSAGE_TOO_BIG = 1009;
/** The server did not agree to an extension that the client cannot do without. */
export const MANDATORY_EXTENSION = 1010;
export const INTERNAL_ERROR = 1011;
/** Registered with IANA after RFC 6455, as are 1013 and 1014. */
export const SERVICE_RESTART = 1012;
export const TRY_AGAIN_LATER = 1013;
export const BAD_GATEWAY = 1014;

/** Whether the code may be in a frame: defined by the RFC or with IANA, a library's (3000), or an application's (4000). */
export function isSendable(code: number): boolean {
  if (code >= 3000 && code <= 4999) return Number.isInteger(code);
  return (
    (code >= NORMAL_CLOSURE && code <= UNSUPPORTED_DATA) || (code >= INVALID_PAYLOAD && code <= BAD_GATEWAY)
  );
}
