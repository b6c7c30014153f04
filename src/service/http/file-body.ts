/** A part of an open file as the body of a response. It does not know how it is sent. */
import { read } from 'node:fs';
import { promisify } from 'node:util';
import { type FileRange, NetError } from '../../core/index.ts';

/** `onDone` is called exactly once, also when nothing was sent: the answer to a HEAD, a connection that broke. */
export type FileBody = FileRange;

/** Bytes of one read. Precedent: Node's streams of files. */
const READ = 64 * 1024;

const readFile = promisify(read);

/** The bytes of the range, read when they are asked for. The end, an error and leaving early call `onDone`. */
export class FileChunks implements AsyncIterableIterator<Uint8Array, void> {
  readonly #file: FileBody;
  #read = 0;
  #isDone = false;

  constructor(file: FileBody) {
    this.#file = file;
  }

  /** @throws NetError `broken` when the file is shorter than it was said to be */
  async next(): Promise<IteratorResult<Uint8Array, void>> {
    const left = this.#file.length - this.#read;
    if (this.#isDone || left === 0) return this.return();
    try {
      const chunk = new Uint8Array(Math.min(READ, left));
      const { bytesRead } = await readFile(
        this.#file.fd,
        chunk,
        0,
        chunk.length,
        this.#file.offset + this.#read,
      );
      if (bytesRead === 0) throw tooShort(left);
      this.#read += bytesRead;
      return { done: false, value: chunk.subarray(0, bytesRead) };
    } catch (error) {
      this.#finish();
      throw error;
    }
  }

  async return(): Promise<IteratorReturnResult<void>> {
    this.#finish();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #finish(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#file.onDone();
  }
}

function tooShort(left: number): NetError {
  return new NetError(
    'broken',
    `A file ended ${left} bytes before the end that was promised; it was changed while it was sent`,
  );
}
