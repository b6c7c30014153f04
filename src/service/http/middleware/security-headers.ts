/** Fields that switch on what browsers can do against injected scripts, frames and sniffing (OWASP Secure Headers). */
import type { Middleware } from '../contract.ts';
import { changeable, onResponse } from './on-response.ts';

export interface SecurityHeadersOptions {
  /** `Content-Security-Policy`; `false` for none. Default: what is of the same origin, and no plug-ins. */
  readonly policy?: string | false | undefined;
  /** Seconds of `Strict-Transport-Security`, sent over TLS alone; `false` for none. Default one year. */
  readonly strictTransport?: number | false | undefined;
  /** `Referrer-Policy`; default `no-referrer`. */
  readonly referrer?: string | undefined;
}

const POLICY = "default-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'self'";
const YEAR = 31_536_000;

/** What a handler has set itself stays. */
export function securityHeaders(options: SecurityHeadersOptions = {}): Middleware {
  const { policy = POLICY, strictTransport = YEAR, referrer = 'no-referrer' } = options;
  const fields: [string, string][] = [
    ['x-content-type-options', 'nosniff'],
    ['x-frame-options', 'SAMEORIGIN'],
    ['referrer-policy', referrer],
    ['cross-origin-opener-policy', 'same-origin'],
    ['cross-origin-resource-policy', 'same-origin'],
  ];
  if (policy !== false) fields.push(['content-security-policy', policy]);
  const secure: [string, string] = ['strict-transport-security', `max-age=${strictTransport}`];
  return (_request, context, next) =>
    onResponse(next(), (answer) => {
      const response = changeable(answer);
      const wanted = context.secure && strictTransport !== false ? [...fields, secure] : fields;
      for (const [name, value] of wanted) if (!response.headers.has(name)) response.headers.set(name, value);
      return response;
    });
}
