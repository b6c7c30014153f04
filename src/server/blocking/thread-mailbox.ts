/** Where a spare thread waits for its connection: a few words of shared memory. It knows nothing of sockets. */

const STATE = 0;
const WORKER = 1;
const RECORD = 2;

const EMPTY = 0;
const FILLED = 1;
const CANCELLED = 2;

export class ThreadMailbox {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #recordInts: number;

  /** @param words of the same mailbox in another thread */
  constructor(recordInts: number, words?: Int32Array<SharedArrayBuffer>) {
    this.#recordInts = recordInts;
    this.words = words ?? new Int32Array(new SharedArrayBuffer((RECORD + recordInts) * 4));
  }

  /** Once. */
  fill(worker: number, record: Int32Array): void {
    this.words[WORKER] = worker;
    this.words.set(record, RECORD);
    this.#settle(FILLED);
  }

  /** Nothing will come. */
  cancel(): void {
    if (Atomics.load(this.words, STATE) === EMPTY) this.#settle(CANCELLED);
  }

  /** Blocks the thread until it is filled; `undefined` when it was cancelled. */
  take(): { worker: number; record: Int32Array<ArrayBuffer> } | undefined {
    Atomics.wait(this.words, STATE, EMPTY);
    if (Atomics.load(this.words, STATE) === CANCELLED) return undefined;
    const record = new Int32Array(this.#recordInts);
    record.set(this.words.subarray(RECORD));
    return { worker: this.words[WORKER]!, record };
  }

  #settle(state: number): void {
    Atomics.store(this.words, STATE, state);
    Atomics.notify(this.words, STATE);
  }
}
