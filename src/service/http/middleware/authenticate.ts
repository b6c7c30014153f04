/** Who asks: passwords (RFC 7617) and tokens (RFC 6750). Over TLS only: both are sent as they are. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Middleware } from '../contract.ts';
import { HttpResponse } from '../response.ts';

export interface BasicOptions {
  /** Names and passwords, compared in a time that tells nothing of them; or a decision. */
  readonly users:
    | Readonly<Record<string, string>>
    | ((user: string, password: string) => boolean | Promise<boolean>);
  /** What the browser tells its user. Default `This server`. */
  readonly realm?: string | undefined;
}

export interface BearerOptions {
  /** Tokens, compared in a time that tells nothing of them; or a decision: who it is of, or `null`. */
  readonly tokens: readonly string[] | ((token: string) => string | null | Promise<string | null>);
  readonly realm?: string | undefined;
}

/** Characters of credentials that are looked at. */
const MAX_CREDENTIALS = 8192;

const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

const users = new WeakMap<Request, string>();

/** Who `basicAuth` or `bearerAuth` has let in; of a list of tokens, `token`. */
export function userOf(request: Request): string | undefined {
  return users.get(request);
}

/** Lets in who knows a name and its password; all others are asked for them (401). */
export function basicAuth({ users: known, realm = 'This server' }: BasicOptions): Middleware {
  const check = typeof known === 'function' ? known : passwords(known);
  const challenge = `Basic realm="${quotable(realm)}", charset="UTF-8"`;
  return async (request, _context, next) => {
    const given = basicCredentials(credentials(request, 'basic'));
    if (given === undefined || !(await check(given.user, given.password))) return refuse(challenge);
    users.set(request, given.user);
    return next();
  };
}

/** Lets in who brings a token. */
export function bearerAuth({ tokens, realm = 'This server' }: BearerOptions): Middleware {
  const check = typeof tokens === 'function' ? tokens : oneOf(tokens);
  const challenge = `Bearer realm="${quotable(realm)}"`;
  return async (request, _context, next) => {
    const token = credentials(request, 'bearer');
    if (token === undefined) return refuse(challenge);
    const user = TOKEN68.test(token) ? await check(token) : null;
    if (user === null) return refuse(`${challenge}, error="invalid_token"`);
    users.set(request, user);
    return next();
  };
}

/** Whether two texts are the same, in a time that does not depend on where they differ, nor on how long they are. */
export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Somebody unknown costs as much as a wrong password. */
function passwords(known: Readonly<Record<string, string>>): (user: string, password: string) => boolean {
  return (user, password) => {
    const expected = Object.hasOwn(known, user) ? known[user]! : '';
    return isSameSecret(password, expected) && Object.hasOwn(known, user);
  };
}

/** All are compared: which one it was takes no other time. */
function oneOf(tokens: readonly string[]): (token: string) => string | null {
  return (token) => {
    let found = false;
    for (const each of tokens) found = isSameSecret(token, each) || found;
    return found ? 'token' : null;
  };
}

function credentials(request: Request, scheme: string): string | undefined {
  const header = request.headers.get('authorization');
  if (header === null || header.length > MAX_CREDENTIALS) return undefined;
  const space = header.indexOf(' ');
  if (space < 0 || header.slice(0, space).toLowerCase() !== scheme) return undefined;
  return header.slice(space + 1).trim();
}

function basicCredentials(text: string | undefined): { user: string; password: string } | undefined {
  if (text === undefined || !TOKEN68.test(text)) return undefined;
  const decoded = Buffer.from(text, 'base64').toString();
  const colon = decoded.indexOf(':');
  // RFC 7617, section 2: no control characters in either.
  if (colon < 0 || /[\x00-\x1f\x7f]/.test(decoded)) return undefined;
  return { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

function quotable(realm: string): string {
  return realm.replaceAll(/["\\]/g, '\\$&');
}

function refuse(challenge: string): Response {
  const headers = { 'www-authenticate': challenge, 'cache-control': 'no-store' };
  return new HttpResponse('You have not said who you are.\n', { status: 401, headers });
}
