/** From ciphertext to plaintext, in chunks as large as what arrived allows. It delivers nothing by itself. */
import type { Bytes, Wire } from '../../core/contract.ts';
import {
  type OpensslEngine,
  READ_ENDED,
  READ_WANTS,
  RECORD_EXTRA,
  RECORD_PLAIN,
} from '../../kernel/index.ts';
import type { Failure } from './failure.ts';
import { opensslFailure } from './openssl.ts';
import { plainRegions } from './regions.ts';

/** Bytes of a chunk, at most: what one read of a socket brings. */
const GATHERED = 64 * 1024;

/** Bytes given to OpenSSL at once: its buffer grows to that, and stays. */
const SLICE = RECORD_PLAIN + RECORD_EXTRA;

export class Unsealer {
  readonly #engine: OpensslEngine;
  readonly #under: Wire;
  /** Ciphertext that OpenSSL has not been given yet. */
  #queue: Bytes[] = [];
  /** Bytes of the first of them that it has been given. */
  #given = 0;
  /** OpenSSL has nothing left to read. What came with the last of the handshake it has been given already. */
  #isDrained = false;
  /** What it was given last is one record, so that one read empties it. */
  #isOneRecord = false;
  #state: 'open' | 'ended' | 'failed' = 'open';
  #failure: Failure | undefined;
  #mayHaveAnswered = false;

  constructor(engine: OpensslEngine, under: Wire) {
    this.#engine = engine;
    this.#under = under;
  }

  /** `ended`: by the peer's close_notify. */
  get state(): 'open' | 'ended' | 'failed' {
    return this.#state;
  }

  get failure(): Failure {
    return this.#failure ?? { reason: 'UNKNOWN' };
  }

  /** Whether `next` may have something. */
  get hasMore(): boolean {
    return this.#state === 'open' && (!this.#isDrained || this.#queue.length > 0);
  }

  /** Whether reading may have made OpenSSL answer (an update of the keys, an alert) since this was asked. */
  takeAnswered(): boolean {
    const may = this.#mayHaveAnswered;
    this.#mayHaveAnswered = false;
    return may;
  }

  give(ciphertext: Bytes): void {
    this.#queue.push(ciphertext);
  }

  /** The next plaintext; `null` when more must arrive, or `state` is no longer `open`. */
  next(): Bytes | null {
    if (this.#state !== 'open' || (this.#isDrained && !this.#giveSlice())) return null;
    const region = plainRegions.reserve(GATHERED);
    let length = 0;
    while (GATHERED - length >= RECORD_PLAIN) {
      const count = this.#engine.read(region + length, GATHERED - length);
      if (count > 0) {
        length += count;
        this.#isDrained = this.#isOneRecord;
        if (!this.#isOneRecord || this.#giveSlice()) continue;
        break;
      }
      this.#mayHaveAnswered = true;
      if (count !== READ_WANTS) this.#onOver(count);
      if (this.#state !== 'open') break;
      this.#isDrained = true;
      if (!this.#giveSlice()) break;
    }
    return length === 0 ? null : plainRegions.take(length);
  }

  #onOver(count: number): void {
    this.#state = count === READ_ENDED ? 'ended' : 'failed';
    this.#queue = [];
    if (count !== READ_ENDED) this.#failure = opensslFailure(this.#engine);
  }

  #giveSlice(): boolean {
    const first = this.#queue[0];
    if (first === undefined) return false;
    const isWhole = first.length <= SLICE;
    const slice = isWhole ? first : first.subarray(this.#given, this.#given + SLICE);
    this.#engine.give(slice);
    this.#isDrained = false;
    this.#isOneRecord = isOneRecord(slice);
    this.#given += slice.length;
    if (this.#given < first.length) return true;
    this.#given = 0;
    this.#queue.shift();
    // OpenSSL has its own copy.
    this.#under.recycle?.(first);
    return true;
  }
}

/** RFC 8446 section 5.1: type, version, length. Of what does not begin with a record the answer is wrong with little harm. */
function isOneRecord(bytes: Bytes): boolean {
  return bytes.length > 5 && bytes.length === 5 + bytes[3]! * 256 + bytes[4]!;
}
