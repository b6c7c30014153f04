/**
 * Serves the page of the exchange: files that are read once, with the headers that keep everything but them out of it. It does
 * not know what the page does; that is in `assets`, plain JavaScript modules that no step builds.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type HttpHandler, HttpResponse, pathOf } from '../../http/index.ts';

const ASSETS = fileURLToPath(new URL('./assets', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/**
 * What members write reaches the page, so nothing may run or load there but what is served here (Content Security Policy
 * level 3), and no text may become markup (Trusted Types: no policy exists that could allow it). `self` covers the WebSocket.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** `no-cache`: kept, but asked after each time, so that a new version is there at once. */
const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache',
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

interface Asset {
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
}

/** Reads the files and returns what answers for `/` and all below it that is the page's; 404 for the rest. */
export function makePage(): HttpHandler {
  const assets = readAssets();
  return (request) => {
    const asset = assets.get(pathOf(request));
    if (asset === undefined) return refusal(404, 'Nothing is here; the page is at /');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refusal(405, 'The page can only be read', { allow: 'GET, HEAD' });
    if (isKnown(request, asset)) return new HttpResponse(null, { status: 304, headers: asset.headers });
    // A server leaves the body of an answer to HEAD out, and its length in.
    return new HttpResponse(asset.body, { headers: asset.headers });
  };
}

function readAssets(): ReadonlyMap<string, Asset> {
  const files = readdirSync(ASSETS, { withFileTypes: true, recursive: true }).filter((file) => file.isFile());
  const assets = new Map<string, Asset>();
  for (const { parentPath, name } of files) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const file = join(parentPath, name);
    const path = relative(ASSETS, file).split(sep).join('/');
    assets.set(path === 'index.html' ? '/' : `/${path}`, assetOf(readFileSync(file), type));
  }
  return assets;
}

function assetOf(body: Uint8Array, type: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, etag, headers: { ...HEADERS, 'content-type': type, etag } };
}

/** If-None-Match compares weakly (RFC 9110 section 13.1.2). */
function isKnown(request: Request, { etag }: Asset): boolean {
  const known = request.headers.get('if-none-match');
  if (known === null) return false;
  return known.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

function refusal(status: number, words: string, headers: Record<string, string> = {}): HttpResponse {
  const all = { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', ...headers };
  return new HttpResponse(`${words}\n`, { status, headers: all });
}
