/** A file and its compressed forms, as answers to requests. It knows no path of a URL. */
import { FileChunks } from '../file-body.ts';
import { HttpHeaders } from '../headers.ts';
import { LazyBody } from '../lazy-body.ts';
import { compressBytes, compressChunks } from '../middleware/coders.ts';
import { CODINGS, type Coding, chooseCoding, isCompressible } from '../middleware/content-coding.ts';
import { HttpResponse } from '../response.ts';
import type { Cached } from './file-cache.ts';
import { multipartRanges } from './multipart-ranges.ts';
import { OpenFile } from './open-file.ts';
import { checkPreconditions, rangeApplies, type Validators } from './preconditions.ts';
import { parseRanges } from './ranges.ts';
import type { Missing, Root } from './root.ts';

/** Bytes from which compressing is worth its head. Precedent: below an Ethernet frame's 1,500 bytes nothing arrives sooner. */
export const MIN_COMPRESSED = 1024;

/** Files beside the file that are its content, compressed already (as nginx's `gzip_static`). */
const SUFFIX: Readonly<Record<Coding, string>> = { br: '.br', zstd: '.zst', gzip: '.gz' };

export interface ResourceOptions {
  readonly type: string;
  readonly cacheControl: string | undefined;
  readonly precompressed: boolean;
  readonly compress: boolean;
  /** What was compressed is kept: it holds more now. */
  onHeld(): void;
}

/** One of the forms that the content has. */
interface Representation extends Validators {
  readonly file: OpenFile;
  /** Coded here, of `file`; without it `file` is what is sent. */
  readonly coder: Coding | undefined;
  coded: Uint8Array | undefined;
  /** While it is being coded: everybody who asks in the meantime waits for the same. */
  coding: Promise<Uint8Array> | undefined;
  readonly headers: HttpHeaders;
  /** Those of a 304 (RFC 9110, section 15.4.5). */
  readonly brief: HttpHeaders;
}

export class Resource implements Cached {
  readonly #root: Root;
  readonly #path: string;
  readonly #options: ResourceOptions;
  readonly #plain: Representation;
  readonly #coded = new Map<Coding, Representation>();
  readonly #stored: readonly Coding[];
  readonly #available: readonly Coding[];

  private constructor(root: Root, path: string, file: OpenFile, options: ResourceOptions) {
    this.#root = root;
    this.#path = path;
    this.#options = options;
    const compressible = isCompressible(options.type);
    this.#stored = compressible && options.precompressed ? this.#openStored(file) : [];
    const codes = compressible && options.compress && file.size >= MIN_COMPRESSED;
    this.#available = codes ? [...new Set([...this.#stored, ...CODINGS])] : this.#stored;
    this.#plain = this.#representation(file);
    for (const coding of codes ? CODINGS : [])
      if (!this.#coded.has(coding)) this.#coded.set(coding, this.#representation(file, coding, coding));
  }

  static open(root: Root, path: string, options: ResourceOptions): Resource | Missing {
    const file = OpenFile.open(root, path);
    return typeof file === 'number' ? file : new Resource(root, path, file, options);
  }

  get held(): number {
    let held = this.#plain.file.bytes?.length ?? 0;
    for (const { coder, coded, file } of this.#coded.values())
      held += (coder === undefined ? file.bytes : coded)?.length ?? 0;
    return held;
  }

  isCurrent(): boolean {
    const stats = this.#root.look(this.#path);
    if (typeof stats === 'number' || !this.#plain.file.isSame(stats)) return false;
    if (!this.#options.precompressed || !isCompressible(this.#options.type)) return true;
    return CODINGS.every((coding) => {
      const stored = this.#stored.includes(coding) ? this.#coded.get(coding)!.file : undefined;
      const now = this.#root.look(this.#path + SUFFIX[coding]);
      if (typeof now === 'number' || !now.isFile()) return stored === undefined;
      return stored === undefined ? isLeftOver(now.mtimeMs, this.#plain.file) : stored.isSame(now);
    });
  }

  release(): void {
    this.#plain.file.release();
    for (const { coder, file } of this.#coded.values()) if (coder === undefined) file.release();
  }

  /** @param request of GET or HEAD */
  answer(request: Request): Response | Promise<Response> {
    const range = request.method === 'GET' ? request.headers.get('range') : null;
    // A part of what is compressed on its way would be a part of nothing that lasts.
    const available = range === null ? this.#available : this.#stored;
    const coding =
      this.#available.length === 0
        ? 'identity'
        : chooseCoding(request.headers.get('accept-encoding'), available);
    if (coding === undefined)
      return new HttpResponse('There is no form of this that the request accepts.\n', { status: 406 });
    const form = coding === 'identity' ? this.#plain : this.#coded.get(coding)!;
    const failed = checkPreconditions(request, form);
    if (failed === 304) return new HttpResponse(null, { status: 304, headers: form.brief });
    if (failed === 412) return new HttpResponse('It has changed.\n', { status: 412 });
    if (form.coder !== undefined) return this.#answerCoded(form, request.method);
    if (range !== null && rangeApplies(request.headers.get('if-range'), form))
      return this.#answerRange(form, range);
    return form.file.respond({ headers: form.headers });
  }

  #answerRange(form: Representation, header: string): Response {
    const { file, headers } = form;
    const ranges = parseRanges(header, file.size);
    if (ranges === undefined) return file.respond({ headers });
    if (ranges.length === 0) {
      const range = { 'content-range': `bytes */${file.size}` };
      return new HttpResponse('The range lies behind the end.\n', { status: 416, headers: range });
    }
    const partial = new HttpHeaders(headers);
    if (ranges.length > 1) {
      const { type, length, body } = multipartRanges(file, ranges, this.#options.type);
      partial.set('content-type', type);
      partial.set('content-length', String(length));
      return new HttpResponse(body, { status: 206, headers: partial });
    }
    const { first, last } = ranges[0]!;
    partial.set('content-range', `bytes ${first}-${last}/${file.size}`);
    return file.respond({ status: 206, headers: partial }, first, last - first + 1);
  }

  /** What is small is compressed once, and kept. */
  #answerCoded(form: Representation, method: string): Response | Promise<Response> {
    const { file, headers, coded } = form;
    if (coded !== undefined) return new HttpResponse(coded, { headers });
    if (file.bytes !== undefined) return this.#code(form, file.bytes);
    if (method === 'HEAD') return new HttpResponse(null, { headers });
    const part = file.part(0, file.size);
    const body = new LazyBody(
      () => compressChunks(new FileChunks(part), form.coder!),
      () => part.onDone(),
    );
    return new HttpResponse(body, { headers });
  }

  async #code(form: Representation, bytes: Uint8Array): Promise<Response> {
    form.coding ??= this.#compress(form, bytes);
    return new HttpResponse(await form.coding, { headers: form.headers });
  }

  async #compress(form: Representation, bytes: Uint8Array): Promise<Uint8Array> {
    try {
      form.coded = await compressBytes(bytes, form.coder!);
    } finally {
      form.coding = undefined;
    }
    this.#options.onHeld();
    return form.coded;
  }

  #openStored(plain: OpenFile): readonly Coding[] {
    for (const coding of CODINGS) {
      const file = OpenFile.open(this.#root, this.#path + SUFFIX[coding]);
      if (typeof file === 'number') continue;
      if (isLeftOver(file.modified, plain)) file.release();
      else this.#coded.set(coding, this.#representation(file, coding));
    }
    return [...this.#coded.keys()];
  }

  #representation(file: OpenFile, coding?: Coding, coder?: Coding): Representation {
    const { type, cacheControl, precompressed, compress } = this.#options;
    const etag =
      coder === undefined
        ? `"${file.tag}${coding === undefined ? '' : `-${coding}`}"`
        : `W/"${file.tag}-${coding}"`;
    const brief = new HttpHeaders({ etag, 'last-modified': new Date(file.modified).toUTCString() });
    if (cacheControl !== undefined) brief.set('cache-control', cacheControl);
    if (isCompressible(type) && (precompressed || compress)) brief.set('vary', 'accept-encoding');
    const headers = new HttpHeaders({ 'content-type': type, 'x-content-type-options': 'nosniff' });
    for (const [name, value] of brief) headers.set(name, value);
    if (coding !== undefined) headers.set('content-encoding', coding);
    if (coder === undefined) headers.set('accept-ranges', 'bytes');
    return {
      file,
      coder,
      coded: undefined,
      coding: undefined,
      headers,
      brief,
      etag,
      modified: file.modified,
    };
  }
}

/** Older than what it was made of. In whole seconds: not every tool that copies keeps more of a time. */
function isLeftOver(modified: number, plain: OpenFile): boolean {
  return Math.floor(modified / 1000) * 1000 < plain.modified;
}
