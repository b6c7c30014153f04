/**
 * Where a redirect leads and what is sent there (RFC 9110 section 15.4, Fetch section 4.4 "HTTP-redirect fetch"). It
 * sends nothing itself.
 */
import { NetError } from '../../../core/index.ts';

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Of the body that is no longer there. Fetch calls them request-body-header names. */
const BODY_FIELDS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-language',
  'content-length',
  'content-location',
  'content-type',
  'expect',
  'trailer',
  'transfer-encoding',
]);

/** Meant for the one origin that they were given for. */
const CREDENTIALS: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'host',
  'origin',
  'proxy-authorization',
]);

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Whether the body goes along. */
  readonly keepsBody: boolean;
}

export interface RedirectRules {
  /** From https to http, where everybody on the way can read it; default `false`. */
  readonly allowDowngrade?: boolean | undefined;
  /** The connection was asked for by address: it leads to no other origin. */
  readonly pinned?: boolean | undefined;
}

/** Whether the status asks to go elsewhere; where to is for `Location` to say. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * The request that follows.
 * @param location as it came; `undefined` leads nowhere, and the answer is the answer
 * @throws NetError `protocol` (fault `remote`) for a location that is no http URL, `permission` for one that the rules forbid
 */
export function redirectTo(
  from: Hop,
  status: number,
  location: string | undefined,
  rules: RedirectRules = {},
): Hop | undefined {
  if (location === undefined || !isRedirect(status)) return undefined;
  const url = target(from.url, location);
  if (from.url.protocol === 'https:' && url.protocol === 'http:' && rules.allowDowngrade !== true) {
    throw new NetError(
      'permission',
      `${status} leads from https to http (${url.origin}), unencrypted; allow it with allowDowngrade`,
    );
  }
  const crosses = url.origin !== from.url.origin;
  if (crosses && rules.pinned === true) {
    throw new NetError(
      'permission',
      `${status} leads to ${url.origin}, but an address was given for this origin only`,
    );
  }
  const method = methodAfter(status, from.method);
  const keepsBody = from.keepsBody && method === from.method;
  const fields = from.fields.filter(([name]) => keepsField(name.toLowerCase(), crosses, keepsBody));
  return { method, url, fields, keepsBody };
}

function target(base: URL, location: string): URL {
  if (!URL.canParse(location, base.href)) throw remote(`its Location "${shown(location)}" is no URL`);
  const url = new URL(location, base.href);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw remote(`its Location "${shown(location)}" is no http or https URL`);
  // What a server writes there is not the caller's (RFC 9110 section 4.2.4).
  url.username = '';
  url.password = '';
  // RFC 9110 section 10.2.2: the fragment is inherited.
  if (url.hash === '') url.hash = base.hash;
  return url;
}

/** 303 asks for a GET; for 301 and 302 a POST became one everywhere, long before it was written down. */
function methodAfter(status: number, method: string): string {
  if (status === 303) return method === 'HEAD' ? 'HEAD' : 'GET';
  return (status === 301 || status === 302) && method === 'POST' ? 'GET' : method;
}

function keepsField(name: string, crosses: boolean, keepsBody: boolean): boolean {
  if (crosses && CREDENTIALS.has(name)) return false;
  return keepsBody || !BODY_FIELDS.has(name);
}

function shown(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}

function remote(why: string): NetError {
  return new NetError('protocol', why, { fault: 'remote' });
}
