/**
 * Asks web clients for the access token. It comes in `Authorization: Bearer`, or as the cookie that `/api/session` gave for it, or,
 * for a WebSocket and for events, which browsers cannot give headers, as `?token=`.
 */
import { parseCookie, stringifySetCookie } from 'cookie';
import type { HttpContext, Middleware } from '../../http/index.ts';
import { queryOf } from '../../http/index.ts';
import type { AccessGate } from '../access/access-gate.ts';
import { addressKey } from '../admission.ts';
import { Problem } from './problem.ts';

/** Seconds until the cookie must be fetched again. */
const COOKIE_AGE = 30 * 86_400;

const BEARER = /^bearer +([^\s,]+)$/i;

export interface GuardTokenOptions {
  /** Whether the query may carry the token. Addresses end up in histories and logs more easily than headers. */
  readonly inQuery?: boolean | undefined;
  /** Whether who shows nothing may go on; a wrong token is refused all the same. */
  readonly optional?: boolean | undefined;
}

/**
 * Lets by whoever shows the token.
 * @throws Refusal `bad-token`, `rate`, through the handler
 */
export function guardToken(gate: AccessGate | null, options: GuardTokenOptions = {}): Middleware {
  return (request, context, next) => {
    if (gate === null || isAdmitted(gate, request, context, options) || options.optional === true)
      return next();
    throw new Problem('token-needed', 'Show the token: Authorization: Bearer TOKEN');
  };
}

/**
 * Whether the request shows the token.
 * @throws Refusal `bad-token`, `rate`
 */
export function isAdmitted(
  gate: AccessGate,
  request: Request,
  context: HttpContext,
  { inQuery = false }: GuardTokenOptions = {},
): boolean {
  const token = tokenIn(request, inQuery);
  if (token !== null) {
    gate.check(addressKey(context.remote), token);
    return true;
  }
  const cookies = request.headers.get('cookie');
  const pass = cookies === null ? undefined : parseCookie(cookies)[cookieName(context)];
  return pass !== undefined && gate.isPass(pass);
}

/** The cookie that stands for the token, or, with `null`, one that takes it away. */
export function cookieFor(gate: AccessGate | null, context: HttpContext): string {
  return stringifySetCookie({
    name: cookieName(context),
    value: gate?.pass ?? '',
    maxAge: gate === null ? 0 : COOKIE_AGE,
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: context.secure,
  });
}

function tokenIn(request: Request, inQuery: boolean): string | null {
  const header = request.headers.get('authorization');
  const bearer = header === null ? undefined : BEARER.exec(header)?.[1];
  if (bearer !== undefined) return bearer;
  return inQuery ? queryOf(request).get('token') : null;
}

/** Browsers keep cookies apart by host, not by port, where another exchange may be. */
function cookieName({ local }: HttpContext): string {
  return local.kind === 'inet' ? `modnet-${local.port}` : 'modnet';
}
