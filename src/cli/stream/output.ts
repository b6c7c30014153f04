/** Standard output with backpressure for many writers. It does not know what is written. */
import type { Writable } from 'node:stream';

export class Output {
  readonly #stream: Writable;
  #waiting: (() => void)[] = [];

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream;
    stream.on('drain', () => {
      for (const resume of this.#waiting.splice(0)) resume();
    });
  }

  /** `false` asks to wait: `resume` is called, once, when there is room again. */
  write(data: string | Uint8Array, resume: () => void): boolean {
    if (this.#stream.write(data)) return true;
    this.#waiting.push(resume);
    return false;
  }
}
