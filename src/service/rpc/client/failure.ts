/** What went wrong beneath a call, as a code, and whether the server can have heard of the call. */
import { constants } from 'node:http2';
import { Code, ConnectError } from '@connectrpc/connect';
import { NetError } from '../../../core/index.ts';

const unsent = new WeakSet<ConnectError>();

/** The server has not seen the call, so that it may be sent again whatever it does. */
export function unsentError(error: unknown): ConnectError {
  const failure = unavailable(error);
  unsent.add(failure);
  return failure;
}

export function isUnsent(error: unknown): boolean {
  return error instanceof ConnectError && unsent.has(error);
}

/** The connection. */
export function unavailable(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const said = error instanceof Error ? error.message : String(error);
  const words = isForeign(error) ? `What answered does not speak HTTP/2 (${said})` : said;
  const isLate = error instanceof NetError && error.code === 'timeout';
  return new ConnectError(
    words,
    isLate ? Code.DeadlineExceeded : Code.Unavailable,
    undefined,
    undefined,
    error,
  );
}

/** Whether the other side broke the framing of HTTP/2, as one of HTTP/1.1 does with its first line. */
function isForeign(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'ERR_HTTP2_ERROR';
}

/** As gRPC over HTTP/2 maps them. */
const RESETS: ReadonlyMap<number, Code> = new Map([
  [constants.NGHTTP2_CANCEL, Code.Canceled],
  [constants.NGHTTP2_REFUSED_STREAM, Code.Unavailable],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [constants.NGHTTP2_INADEQUATE_SECURITY, Code.PermissionDenied],
]);

/** A stream that ended before its time. */
export function resetError(rstCode: number, sessionError: Error | undefined, cause?: unknown): ConnectError {
  if (sessionError !== undefined) return unavailable(sessionError);
  const code = RESETS.get(rstCode) ?? Code.Internal;
  const name = resetName(rstCode);
  const words =
    rstCode === constants.NGHTTP2_NO_ERROR
      ? 'The answer ended before it was whole'
      : `The server reset the call with ${name}`;
  const error = new ConnectError(words, code, undefined, undefined, cause);
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM) unsent.add(error);
  return error;
}

function resetName(rstCode: number): string {
  const names = Object.entries(constants).filter(
    ([name, value]) =>
      value === rstCode && /^NGHTTP2_(?!ERR_|NV_|SETTINGS|FLAG|HCAT|SESSION|STREAM_STATE)/.test(name),
  );
  return names[0]?.[0].replace('NGHTTP2_', '') ?? `error ${rstCode}`;
}
