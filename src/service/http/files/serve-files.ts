/**
 * Files of a folder over HTTP: conditional requests, ranges, compressed forms, and nothing from outside the folder. It knows no
 * server: it is a handler, to be mounted or served by itself.
 *
 * Opening and looking happen at once, without a thread, as in nginx without `aio`: a folder on a network that hangs makes its
 * server wait. Descriptors stay open for a second or more after they were asked for.
 */
import type { HttpContext, HttpHandler } from '../contract.ts';
import { pathOf } from '../request.ts';
import { HttpResponse } from '../response.ts';
import { pathBelow } from '../routing/mount-point.ts';
import { chooseType } from './accept.ts';
import { contentTypeOf } from './content-type.ts';
import { FileCache } from './file-cache.ts';
import { type FilePath, filePath } from './file-path.ts';
import { listFolder } from './listing.ts';
import { listingJson, listingPage, PAGE_POLICY } from './listing-page.ts';
import { Resource } from './resource.ts';
import { type Missing, Root, type RootOptions } from './root.ts';

export interface FileOptions extends RootOptions {
  /** The file that a folder shows; `false` for none. Default `index.html`. */
  readonly index?: string | false | undefined;
  /** Whether a folder without it is listed, as a page or as JSON by `Accept`. Default no: 404. */
  readonly listing?: boolean | undefined;
  /** Whether names that begin with a dot exist. `.well-known` always does (RFC 8615). Default no. */
  readonly dotfiles?: boolean | undefined;
  /** A file that answers what is not there, for pages that have their routes in the browser: `index.html`. Default none. */
  readonly fallback?: string | undefined;
  /** Seconds for which caches may keep an answer without asking. Default: caches guess (RFC 9111, section 4.2.2). */
  readonly maxAge?: number | undefined;
  /** Whether what a URL answers never changes, because its name does (RFC 8246). Needs `maxAge`. */
  readonly immutable?: boolean | undefined;
  /** Whether `a.css.br`, `a.css.zst` and `a.css.gz` are taken for the content of `a.css`, compressed. Default yes. */
  readonly precompressed?: boolean | undefined;
  /** Whether text is compressed on its way. Default yes. */
  readonly compress?: boolean | undefined;
  /** Types by extension, in lower case and without a dot, that come before the usual ones. */
  readonly types?: Readonly<Record<string, string>> | undefined;
  /** Answers what is not there. Default: 404 in plain text. */
  readonly notFound?: HttpHandler | undefined;
  /** Ms of a clock that does not go back, for tests. */
  readonly now?: (() => number) | undefined;
}

export interface FileHandler extends HttpHandler {
  /** Lets go of the files that are open; those being sent follow. It can be used on. */
  close(): void;
}

const WORDS: Readonly<Record<400 | Missing, string>> = {
  400: 'The path has a percent-encoding that is none.',
  403: 'The server may not read this.',
  404: 'Nothing is here.',
  503: 'The server has too many files open.',
};

/**
 * A handler that serves the files of `folder`.
 * @throws NetError when there is no such folder
 */
export function serveFiles(folder: string, options: FileOptions = {}): FileHandler {
  const server = new FileServer(folder, options);
  const handler: HttpHandler = (request, context) => server.handle(request, context);
  return Object.assign(handler, { close: () => server.close() });
}

class FileServer {
  readonly #root: Root;
  readonly #options: FileOptions;
  readonly #cache: FileCache<Resource>;
  readonly #cacheControl: string | undefined;

  constructor(folder: string, options: FileOptions) {
    this.#root = new Root(folder, options);
    this.#options = options;
    this.#cache = new FileCache(options.now ?? (() => performance.now()));
    this.#cacheControl = cacheControlOf(options);
  }

  handle(request: Request, context: HttpContext): Response | Promise<Response> {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return otherMethod(method);
    const raw = pathBelow(context, request);
    // What is encoded has many forms: only decoded it is a key.
    const cached = raw.includes('%') ? undefined : this.#cache.get(raw);
    return cached === undefined ? this.#find(raw, request, context) : cached.answer(request);
  }

  close(): void {
    this.#cache.clear();
  }

  #find(raw: string, request: Request, context: HttpContext): Response | Promise<Response> {
    const named = filePath(raw, this.#options.dotfiles === true);
    if (typeof named === 'number') return this.#missing(named, raw, request, context);
    const key = keyOf(named);
    const cached = key === raw ? undefined : this.#cache.get(key);
    if (cached !== undefined) return cached.answer(request);
    const stats = this.#root.look(named.path);
    if (typeof stats === 'number') return this.#missing(stats, raw, request, context);
    if (stats.isDirectory()) return this.#folder(named, raw, request, context);
    // "file.txt/" is not "file.txt".
    if (named.isFolder) return this.#missing(404, raw, request, context);
    const resource = this.#open(key, named.path);
    return resource instanceof Resource
      ? resource.answer(request)
      : this.#missing(resource, raw, request, context);
  }

  #folder(
    named: FilePath,
    raw: string,
    request: Request,
    context: HttpContext,
  ): Response | Promise<Response> {
    if (!named.isFolder) return addSlash(request);
    const { index = 'index.html', listing } = this.#options;
    if (index !== false) {
      const resource = this.#open(keyOf(named), named.path === '' ? index : `${named.path}/${index}`);
      if (resource instanceof Resource) return resource.answer(request);
      if (resource !== 404) return this.#missing(resource, raw, request, context);
    }
    return listing === true
      ? this.#list(named.path, raw, request, context)
      : this.#missing(404, raw, request, context);
  }

  async #list(path: string, raw: string, request: Request, context: HttpContext): Promise<Response> {
    const listing = await listFolder(this.#root, path, this.#options.dotfiles === true);
    if (typeof listing === 'number') return this.#missing(listing, raw, request, context);
    const type = chooseType(request.headers.get('accept'), ['text/html', 'application/json']);
    const shown = decodeURIComponent(pathOf(request));
    const headers = { vary: 'accept', 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' };
    if (type === 'application/json') return HttpResponse.json(listingJson(shown, listing), { headers });
    const page = listingPage(shown, listing, path !== '');
    return HttpResponse.html(page, { headers: { ...headers, 'content-security-policy': PAGE_POLICY } });
  }

  #open(key: string, path: string): Resource | Missing {
    const resource = Resource.open(this.#root, path, {
      type: contentTypeOf(path, this.#options.types),
      cacheControl: this.#cacheControl,
      precompressed: this.#options.precompressed !== false,
      compress: this.#options.compress !== false,
      onHeld: () => this.#cache.weigh(key),
    });
    if (resource instanceof Resource) this.#cache.put(key, resource);
    return resource;
  }

  #missing(
    status: 400 | Missing,
    raw: string,
    request: Request,
    context: HttpContext,
  ): Response | Promise<Response> {
    if (status === 404) {
      const { fallback, notFound } = this.#options;
      const page = fallback === undefined || !isPage(raw, request) ? undefined : this.#fallback(fallback);
      if (page instanceof Resource) return page.answer(request);
      if (notFound !== undefined) return notFound(request, context);
    }
    const headers = status === 503 ? { 'retry-after': '1' } : {};
    return new HttpResponse(`${WORDS[status]}\n`, { status, headers });
  }

  /** Under a key that no path is. */
  #fallback(path: string): Resource | Missing {
    return this.#cache.get('fallback') ?? this.#open('fallback', path);
  }
}

/** As a URL without escapes would name it, so that one file is held once. */
function keyOf({ path, isFolder }: FilePath): string {
  return isFolder && path !== '' ? `/${path}/` : `/${path}`;
}

/** Somebody goes to a page, and does not load a part of one: `/app.js` that is missing is missing. */
function isPage(raw: string, request: Request): boolean {
  const name = raw.slice(raw.lastIndexOf('/') + 1);
  return !name.includes('.') && chooseType(request.headers.get('accept'), ['text/html']) !== undefined;
}

/** So that what the page names beside it is found. The path begins with one slash: "//host/" would be somebody else's. */
function addSlash(request: Request): Response {
  const { search } = new URL(request.url);
  return HttpResponse.redirect(`${pathOf(request).replace(/^\/+/, '/')}/${search}`, 308);
}

function otherMethod(method: string): Response {
  const headers = { allow: 'GET, HEAD, OPTIONS' };
  if (method === 'OPTIONS') return new HttpResponse(null, { status: 204, headers });
  return new HttpResponse('Files can be read, and nothing else.\n', { status: 405, headers });
}

function cacheControlOf({ maxAge, immutable }: FileOptions): string | undefined {
  if (maxAge === undefined) return undefined;
  return `public, max-age=${Math.floor(maxAge)}${immutable === true ? ', immutable' : ''}`;
}
