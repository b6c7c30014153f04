/** Refusals as answers of HTTP: problem details (RFC 9457), each with a type that stays. */
import { NetError } from '../../../core/index.ts';
import { HttpResponse } from '../../http/index.ts';
import { Refusal, type RefusalCode } from '../refusal.ts';

/** Words for programs: those of the other doors, and what only HTTP can get wrong. */
export type ProblemCode =
  | RefusalCode
  | 'bad-path'
  | 'cross-origin'
  | 'internal'
  | 'media-type'
  | 'method'
  | 'no-such-message'
  | 'no-such-path'
  | 'no-such-room'
  | 'not-acceptable'
  | 'upgrade-needed'
  | 'wrong-host';

interface Kind {
  readonly status: number;
  readonly title: string;
}

/** Status and title of each; 422 is for what is well formed and cannot be done (RFC 9110 section 15.5.21). */
export const PROBLEMS: Readonly<Record<ProblemCode, Kind>> = {
  'bad-json': { status: 400, title: 'Not valid JSON' },
  'bad-request': { status: 400, title: 'The request is not as it should be' },
  'bad-path': { status: 400, title: 'The path cannot be read' },
  'unknown-type': { status: 400, title: 'Unknown type of request' },
  'token-needed': { status: 401, title: 'A token is needed' },
  'bad-token': { status: 401, title: 'The token is wrong' },
  'cross-origin': { status: 403, title: 'Requests from this origin are not allowed' },
  'no-such-member': { status: 404, title: 'No such member' },
  'no-such-message': { status: 404, title: 'No such message' },
  'no-such-path': { status: 404, title: 'Nothing is here' },
  'no-such-room': { status: 404, title: 'No such room' },
  method: { status: 405, title: 'This path does not have this method' },
  'not-acceptable': { status: 406, title: 'None of the accepted types can be had' },
  'name-taken': { status: 409, title: 'The name is taken' },
  'not-joined': { status: 409, title: 'Not in that room' },
  'too-long': { status: 413, title: 'Too long' },
  'media-type': { status: 415, title: 'The body is not of a type that is taken' },
  'wrong-host': { status: 421, title: 'This host is not served here' },
  'bad-body': { status: 422, title: 'The message cannot be said' },
  'bad-name': { status: 422, title: 'The name cannot be had' },
  'bad-room': { status: 422, title: 'A room cannot be called that' },
  'upgrade-needed': { status: 426, title: 'Only WebSocket is spoken here' },
  rate: { status: 429, title: 'Too fast' },
  internal: { status: 500, title: 'The exchange failed' },
  closing: { status: 503, title: 'The exchange is closing' },
  full: { status: 503, title: 'The exchange is full' },
  limit: { status: 503, title: 'A limit of the exchange is reached' },
  storage: { status: 503, title: 'The history cannot be used' },
};

/** In front of the code; what it is about is in docs/exchange-web.md. */
export const TYPE_PREFIX = 'urn:modnet:exchange:problem:';

/** Seconds after which it may go better, where nobody knows more. */
const RETRY_AFTER: Partial<Record<ProblemCode, number>> = {
  rate: 1,
  full: 10,
  limit: 60,
  closing: 5,
  storage: 10,
};

/** Thrown by a handler; becomes its answer. */
export class Problem extends NetError {
  readonly problem: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: ProblemCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super('protocol', message, { fault: 'remote' });
    this.problem = problem;
    this.headers = headers;
  }
}

/** The answer that says it. */
export function problemResponse(
  code: ProblemCode,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  const { status, title } = PROBLEMS[code];
  const body = { type: `${TYPE_PREFIX}${code}`, title, status, detail, code };
  return HttpResponse.json(body, {
    status,
    headers: {
      ...fieldsOf(code),
      ...headers,
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    },
  });
}

/** A refusal of the hub, as an answer. */
export function refusalResponse(refusal: Refusal): HttpResponse {
  const { wait } = refusal;
  const headers = wait === undefined ? {} : { 'retry-after': `${Math.max(1, Math.ceil(wait / 1000))}` };
  return problemResponse(refusal.refusal, refusal.message, headers);
}

/** What was thrown, as an answer; `null` for what nobody foresaw. */
export function answerOf(thrown: unknown): HttpResponse | null {
  if (thrown instanceof Refusal) return refusalResponse(thrown);
  if (thrown instanceof Problem) return problemResponse(thrown.problem, thrown.message, thrown.headers);
  return null;
}

function fieldsOf(code: ProblemCode): Record<string, string> {
  const retry = RETRY_AFTER[code];
  if (retry !== undefined) return { 'retry-after': `${retry}` };
  // RFC 6750 section 3: the error is told only to those who showed a token.
  if (code === 'token-needed') return { 'www-authenticate': 'Bearer realm="modnet"' };
  if (code === 'bad-token') return { 'www-authenticate': 'Bearer realm="modnet", error="invalid_token"' };
  return {};
}
