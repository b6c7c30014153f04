/** A file that is open, or held in memory when it is small, with what HTTP says of it. It knows no path. */
import { closeSync, readSync, type Stats } from 'node:fs';
import type { FileBody } from '../file-body.ts';
import { HttpResponse, type HttpResponseInit } from '../response.ts';
import type { Missing, Root } from './root.ts';

/**
 * Bytes up to which a file is held in memory in place of a descriptor: its head and its content then leave in one write. Beyond
 * it, sending from the page cache costs less than it saves.
 */
export const SMALL_FILE = 64 * 1024;

export class OpenFile {
  readonly size: number;
  /** What stands between the quotes of an entity tag: the time of the last change, in µs, and the size (as nginx, which has s). */
  readonly tag: string;
  /** Ms since 1970, in whole seconds, not after now: as `Last-Modified` tells it (RFC 9110, section 8.8.2.1). */
  readonly modified: number;
  readonly bytes: Uint8Array | undefined;
  readonly #stats: Stats;
  readonly #fd: number;
  /** The cache that holds it, and answers that are being sent. */
  #users = 1;

  private constructor(fd: number, stats: Stats) {
    this.#stats = stats;
    this.bytes = stats.size <= SMALL_FILE ? readAll(fd, stats.size) : undefined;
    this.size = this.bytes?.length ?? stats.size;
    this.tag = `${Math.round(stats.mtimeMs * 1000).toString(16)}-${this.size.toString(16)}`;
    this.modified = Math.floor(Math.min(stats.mtimeMs, Date.now()) / 1000) * 1000;
    this.#fd = this.bytes === undefined ? fd : -1;
    if (this.bytes !== undefined) closeSync(fd);
  }

  static open(root: Root, path: string): OpenFile | Missing {
    const opened = root.open(path);
    return typeof opened === 'number' ? opened : new OpenFile(opened.fd, opened.stats);
  }

  /** Whether these are still the same file with the same content, as far as can be told without reading it. */
  isSame(stats: Stats): boolean {
    const own = this.#stats;
    return (
      own.ino === stats.ino &&
      own.dev === stats.dev &&
      own.size === stats.size &&
      own.mtimeMs === stats.mtimeMs &&
      own.ctimeMs === stats.ctimeMs
    );
  }

  /** An answer with a part of it. */
  respond(init: HttpResponseInit, offset = 0, length = this.size): HttpResponse {
    if (this.bytes === undefined) return HttpResponse.file(this.part(offset, length), init);
    return new HttpResponse(
      length === this.size ? this.bytes : this.bytes.subarray(offset, offset + length),
      init,
    );
  }

  /** Only of a file that is not in memory; it stays open until `onDone`. */
  part(offset: number, length: number): FileBody {
    this.#users++;
    return { fd: this.#fd, offset, length, onDone: () => this.release() };
  }

  /** By the cache, once. */
  release(): void {
    this.#users--;
    if (this.#users === 0 && this.#fd >= 0) closeSync(this.#fd);
  }
}

/** Of a file that is being shortened: what is there. */
function readAll(fd: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = readSync(fd, bytes, length, size - length, length);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}
