/** What went wrong with a request: which one, and at which step. */
import { NetError, type NetErrorOptions, toNetError } from '../../../core/index.ts';

/**
 * - `request`: it cannot be sent like this
 * - `queue`: no connection became free
 * - `name`, `connect`, `proxy`, `tls`: on the way to the server
 * - `send`: while the request was sent
 * - `head`: no answer, or none that is HTTP
 * - `body`: within the answer
 * - `redirect`: the answer led nowhere
 */
export type RequestStep =
  | 'request'
  | 'queue'
  | 'name'
  | 'connect'
  | 'proxy'
  | 'tls'
  | 'send'
  | 'head'
  | 'body'
  | 'redirect';

/** Longer ones are cut in messages. */
const SHOWN_URL = 200;

/** A `NetError` that names the request and the step. */
export class HttpRequestError extends NetError {
  readonly method: string;
  /** Without user and password. */
  readonly url: string;
  readonly step: RequestStep;

  constructor(cause: NetError, about: RequestAbout, step: RequestStep) {
    const { code, errno, fault } = cause;
    const options: NetErrorOptions = { cause, errno, fault };
    super(code, `${about.method} ${shownUrl(about.url)}: ${WORDS[step]}: ${cause.message}`, options);
    this.method = about.method;
    this.url = publicUrl(about.url);
    this.step = step;
  }
}

export interface RequestAbout {
  readonly method: string;
  readonly url: URL;
}

const WORDS: Readonly<Record<RequestStep, string>> = {
  request: 'it cannot be sent',
  queue: 'no connection was free',
  name: 'the name was not resolved',
  connect: 'no connection',
  proxy: 'the proxy gave no connection',
  tls: 'no TLS',
  send: 'sending failed',
  head: 'no answer',
  body: 'the answer broke off',
  redirect: 'the redirect was not followed',
};

/** What was thrown at a step, told of the request. */
export function requestError(thrown: unknown, about: RequestAbout, step: RequestStep): HttpRequestError {
  if (thrown instanceof HttpRequestError) return thrown;
  return new HttpRequestError(thrown instanceof NetError ? thrown : foreign(thrown), about, step);
}

/** What is no error of ours keeps its words. */
function foreign(thrown: unknown): NetError {
  const { code, errno, message } = toNetError(thrown, 'the connection');
  const words = thrown instanceof Error && thrown.message !== '' ? thrown.message : message;
  return new NetError(code, words, { errno, cause: thrown });
}

/** The URL without what must not be shown: user and password. The fragment is of no concern to a server. */
export function publicUrl(url: URL): string {
  if (url.username === '' && url.password === '' && url.hash === '') return url.href;
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy.href;
}

/** For messages. */
export function shownUrl(url: URL): string {
  const text = publicUrl(url);
  return text.length <= SHOWN_URL ? text : `${text.slice(0, SHOWN_URL)}…`;
}
