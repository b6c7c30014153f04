/** A body that is not begun before it is asked for, and gives back what it holds also when it never is. */

export class LazyBody implements AsyncIterableIterator<Uint8Array, void> {
  readonly #begin: () => AsyncIterator<Uint8Array>;
  readonly #giveBack: () => void;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  #isOver = false;

  /**
   * @param begin what is begun gives back by itself what it was begun with
   * @param giveBack called when it is over without having begun
   */
  constructor(begin: () => AsyncIterator<Uint8Array>, giveBack: () => void) {
    this.#begin = begin;
    this.#giveBack = giveBack;
  }

  async next(): Promise<IteratorResult<Uint8Array, void>> {
    if (this.#isOver) return { done: true, value: undefined };
    this.#chunks ??= this.#begin();
    const result = await this.#chunks.next();
    if (result.done === true) this.#isOver = true;
    return result.done === true ? { done: true, value: undefined } : result;
  }

  async return(): Promise<IteratorReturnResult<void>> {
    const begun = this.#chunks;
    if (!this.#isOver) {
      this.#isOver = true;
      if (begun === undefined) this.#giveBack();
      else await begun.return?.();
    }
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
