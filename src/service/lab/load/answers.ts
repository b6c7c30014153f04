/** Finds the answers in what arrives. It knows neither when requests were sent nor what is timed. */
import type { Bytes, Protocol } from '../../../core/index.ts';
import { parseFraming } from '../../../framing/index.ts';
import type { Answer } from './options.ts';

/** Bytes up to this are compared one by one; a call out of JavaScript costs more. */
const SHORT = 128;

export interface Answers {
  /**
   * How many answers are complete with this chunk.
   * @throws NetError when the framing is broken
   */
  take(chunk: Bytes): number;
  /** Of those that the last call completed, the ones with a wrong byte. */
  readonly wrong: number;
}

/** @param request what an echo is compared with */
export function answersOf(answer: Answer, request: Bytes): Answers {
  if (answer.kind === 'echo') return new Echoes(request);
  if (answer.kind === 'bytes') return new Counted(answer.count);
  return new Framed(parseFraming(answer.spec)());
}

class Echoes implements Answers {
  readonly #request: Bytes;
  /** Bytes of the next answer that are here. */
  #have = 0;
  #isWrong = false;
  wrong = 0;

  constructor(request: Bytes) {
    this.#request = request;
  }

  take(chunk: Bytes): number {
    const request = this.#request;
    this.wrong = 0;
    let complete = 0;
    for (let at = 0; at < chunk.length; ) {
      const count = Math.min(request.length - this.#have, chunk.length - at);
      if (!isSame(chunk, at, request, this.#have, count)) this.#isWrong = true;
      at += count;
      this.#have += count;
      if (this.#have < request.length) break;
      complete++;
      this.#finish();
    }
    return complete;
  }

  #finish(): void {
    this.#have = 0;
    if (this.#isWrong) this.wrong++;
    this.#isWrong = false;
  }
}

class Counted implements Answers {
  readonly #size: number;
  #have = 0;
  readonly wrong = 0;

  constructor(size: number) {
    this.#size = size;
  }

  take(chunk: Bytes): number {
    const have = this.#have + chunk.length;
    const complete = Math.floor(have / this.#size);
    this.#have = have - complete * this.#size;
    return complete;
  }
}

class Framed implements Answers {
  readonly #framing: Protocol<Bytes>;
  readonly wrong = 0;

  constructor(framing: Protocol<Bytes>) {
    this.#framing = framing;
  }

  take(chunk: Bytes): number {
    this.#framing.receive(chunk, 0);
    let complete = 0;
    while (this.#framing.next() !== null) complete++;
    return complete;
  }
}

function isSame(a: Bytes, aStart: number, b: Bytes, bStart: number, length: number): boolean {
  if (length > SHORT)
    return Buffer.compare(a.subarray(aStart, aStart + length), b.subarray(bStart, bStart + length)) === 0;
  for (let at = 0; at < length; at++) if (a[aStart + at] !== b[bStart + at]) return false;
  return true;
}
