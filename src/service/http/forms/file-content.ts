/** The bytes of one file of a form, of which as much may be read as is wanted. It knows no form. */
import type { Readable } from 'node:stream';

export class FileContent implements AsyncIterable<Uint8Array> {
  readonly #file: Readable;
  #error: Error | undefined;
  #isLeft = false;

  constructor(file: Readable) {
    this.#file = file;
    // Told to whoever reads it, and to nobody when nobody does.
    file.on('error', () => undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#error !== undefined) throw this.#error;
    if (this.#isLeft) return;
    try {
      // Not destroyed when the reader leaves: busboy waits for the end of every file.
      for await (const chunk of this.#file.iterator({ destroyOnReturn: false })) {
        if (this.#isLeft) break;
        yield chunk as Uint8Array;
      }
    } catch (thrown) {
      throw this.#error ?? thrown;
    }
    if (this.#error !== undefined) throw this.#error;
  }

  /** Drops what is left of it as it comes. Whoever still reads it sees its end. */
  leave(): void {
    this.#isLeft = true;
    this.#file.removeAllListeners('readable');
    this.#file.resume();
  }

  /** Ends it here. Whoever reads it is told. */
  fail(error: Error): void {
    this.#error = error;
    this.#file.destroy(error);
  }
}
