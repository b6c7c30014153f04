/** What a parser of HTTP/1.1 throws: a `NetError` that knows how a server answers it. It knows no parser. */
import { NetError } from '../../core/error.ts';

/**
 * The peer broke a rule of HTTP (`protocol`, fault `remote`) or passed a limit of ours (`limit`). The parser is unusable
 * afterwards: answer with `status`, then close the connection.
 */
export class Http1Error extends NetError {
  /**
   * What to answer. Of a request: 400, 413 (chunk extensions), 414 (request line), 431 (head, trailers), 501 (transfer
   * coding), 505 (version). Of a response it is what a gateway answers in its place: 502.
   */
  readonly status: number;

  constructor(status: number, code: 'protocol' | 'limit', message: string) {
    super(code, message, code === 'protocol' ? { fault: 'remote' } : {});
    this.status = status;
  }
}

/** A rule of the syntax or of the framing was broken. */
export function bad(message: string, status = 400): Http1Error {
  return new Http1Error(status, 'protocol', message);
}

/** A limit of ours held. */
export function tooMuch(status: number, what: string, limit: string, max: number): Http1Error {
  return new Http1Error(status, 'limit', `${what}; at most ${max} are taken (${limit})`);
}

/** The same fault when it was found in a response. */
export function ofResponse(error: unknown): unknown {
  if (!(error instanceof Http1Error) || error.status === 502) return error;
  return new Http1Error(502, error.code === 'limit' ? 'limit' : 'protocol', error.message);
}

/** What we were asked to write cannot be written. */
export function unsendable(message: string): NetError {
  return new NetError('protocol', message, { fault: 'local' });
}

/** A byte as people read it: `"x"` or `0x00`. */
export function byteName(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return `"${String.fromCharCode(byte)}"`;
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
