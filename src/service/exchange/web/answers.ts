/** What every answer of the API has in common: problems for what is thrown, and the fields that keep it to those who asked. */
import type { Middleware } from '../../http/index.ts';
import { HttpResponse } from '../../http/index.ts';
import { reportTrouble } from '../diagnostics.ts';
import { isoTimes } from '../json-format.ts';
import { answerOf, type ProblemCode, problemResponse } from './problem.ts';

/** JSON, with times in milliseconds as ISO 8601. */
export function json(
  value: unknown,
  init: { status?: number; headers?: Record<string, string> } = {},
): HttpResponse {
  const headers = { 'content-type': 'application/json', ...init.headers };
  return new HttpResponse(JSON.stringify(value, isoTimes), { status: init.status, headers });
}

/** What a router says by itself, in our words. */
const MISSES: Readonly<Record<number, readonly [ProblemCode, string]>> = {
  400: ['bad-path', 'The path has a percent-encoding that is none'],
  404: ['no-such-path', 'Nothing is here; /api/openapi.json describes what there is'],
  405: ['method', 'This path does not have this method'],
  414: ['no-such-path', 'The path is too long'],
};

/** Makes problems of what is thrown, and of what the router refuses. */
export const withProblems: Middleware = async (request, _context, next) => {
  try {
    return withCommonFields(inOurWords(await next()));
  } catch (thrown) {
    const answer = answerOf(thrown);
    if (answer !== null) return withCommonFields(answer);
    reportTrouble(thrown);
    const what = `${request.method} was not done; the exchange has noted why`;
    return withCommonFields(problemResponse('internal', what));
  }
};

function inOurWords(response: Response): Response {
  const miss = MISSES[response.status];
  if (miss === undefined || response.headers.get('content-type')?.startsWith('application/') === true)
    return response;
  const allow = response.headers.get('allow');
  return problemResponse(...miss, allow === null ? {} : { allow });
}

/** Answers change with every message and may be secret; nothing of them is to be taken for a page. */
function withCommonFields(response: Response): Response {
  if (response.status === 101) return response;
  if (!response.headers.has('cache-control')) response.headers.set('cache-control', 'no-store');
  response.headers.set('x-content-type-options', 'nosniff');
  return response;
}
