/** Cookies (RFC 6265): read, set, and signed so that nobody but us can have made them. */
import { createHmac } from 'node:crypto';
import { parseCookie, type SetCookie, stringifySetCookie } from 'cookie';
import { NetError } from '../../../core/index.ts';
import { isSameSecret } from './authenticate.ts';

export interface CookieOptions extends Omit<SetCookie, 'name' | 'value'> {}

/** Bytes of a cookie with its attributes that browsers keep (RFC 6265bis, section 5.6). */
export const MAX_COOKIE = 4096;

/** Where it goes, and what keeps it from scripts and from other sites, unless the options say otherwise. */
const DEFAULTS: CookieOptions = { path: '/', httpOnly: true, sameSite: 'lax' };

/** The cookies of a request, by name, decoded. */
export function cookiesOf(request: Request): Readonly<Record<string, string | undefined>> {
  return parseCookie(request.headers.get('cookie') ?? '');
}

/**
 * Sets a cookie: `Path=/; HttpOnly; SameSite=Lax` unless the options say otherwise. `Secure` is yours to ask for, and
 * implied by the names that need it, `__Secure-…` and `__Host-…`.
 * @throws NetError `limit` for more than browsers keep, `protocol` for a name, a value or a path that is none
 */
export function setCookie(headers: Headers, name: string, value: string, options: CookieOptions = {}): void {
  const needsSecure =
    /^__(?:host|secure)-/i.test(name) || options.partitioned === true || options.sameSite === 'none';
  const cookie: SetCookie = { ...DEFAULTS, ...(needsSecure && { secure: true }), ...options, name, value };
  if (
    /^__host-/i.test(name) &&
    (cookie.domain !== undefined || cookie.path !== '/' || cookie.secure !== true)
  )
    throw new NetError('protocol', `A cookie ${name} has no domain, the path / and is secure`, {
      fault: 'local',
    });
  const text = stringified(cookie);
  if (text.length > MAX_COOKIE)
    throw new NetError('limit', `The cookie ${name} has ${text.length} bytes; browsers keep ${MAX_COOKIE}`);
  headers.append('set-cookie', text);
}

/** Takes a cookie back. Path and domain must be those that it was set with. */
export function deleteCookie(headers: Headers, name: string, options: CookieOptions = {}): void {
  setCookie(headers, name, '', { ...options, maxAge: 0, expires: new Date(0) });
}

/** Cookies that only who knows the secret can have made. Their values can be read by everybody. */
export class SignedCookies {
  readonly #secrets: readonly string[];

  /**
   * @param secrets random, 32 bytes or more; the first signs, all of them are taken, so that one can be replaced
   * @throws NetError `limit` for a secret of fewer than 16 characters
   */
  constructor(...secrets: readonly string[]) {
    if (secrets.length === 0 || secrets.some((secret) => secret.length < 16))
      throw new NetError('limit', 'Signing cookies needs a secret of 16 characters or more');
    this.#secrets = secrets;
  }

  /** The value that was signed under this name; `undefined` when it is missing, or somebody else made it. */
  get(request: Request, name: string): string | undefined {
    const signed = cookiesOf(request)[name];
    const dot = signed?.lastIndexOf('.') ?? -1;
    if (signed === undefined || dot < 0) return undefined;
    const value = signed.slice(0, dot);
    const signature = signed.slice(dot + 1);
    const isOurs = this.#secrets.some((secret) => isSameSecret(signature, sign(secret, name, value)));
    return isOurs ? value : undefined;
  }

  /** As `setCookie`. */
  set(headers: Headers, name: string, value: string, options: CookieOptions = {}): void {
    setCookie(headers, name, `${value}.${sign(this.#secrets[0]!, name, value)}`, options);
  }
}

/** The name belongs to it: a value signed as one cookie is not another. */
function sign(secret: string, name: string, value: string): string {
  return createHmac('sha256', secret).update(`${name}=${value}`).digest('base64url');
}

function stringified(cookie: SetCookie): string {
  try {
    return stringifySetCookie(cookie);
  } catch (cause) {
    const words = (cause as Error).message;
    throw new NetError('protocol', `Cannot set a cookie: ${words}`, { fault: 'local', cause });
  }
}
