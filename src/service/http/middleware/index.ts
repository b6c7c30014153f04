/** Middleware that every server needs. */
export {
  type BasicOptions,
  type BearerOptions,
  basicAuth,
  bearerAuth,
  isSameSecret,
  userOf,
} from './authenticate.ts';
export { bodyLimit } from './body-limit.ts';
export { type CompressOptions, compress } from './compress.ts';
export { type Coding, chooseCoding, isCompressible } from './content-coding.ts';
export {
  type CookieOptions,
  cookiesOf,
  deleteCookie,
  MAX_COOKIE,
  SignedCookies,
  setCookie,
} from './cookies.ts';
export { type CorsOptions, cors } from './cors.ts';
export { etag } from './etag.ts';
export { RATE_LIMIT_CLIENTS, type RateLimitOptions, rateLimit } from './rate-limit.ts';
export { requestId, requestIdOf } from './request-id.ts';
export { type SameOriginOptions, sameOrigin } from './same-origin.ts';
export { type SecurityHeadersOptions, securityHeaders } from './security-headers.ts';
export { measure, serverTiming } from './server-timing.ts';
