/** Slots of equal size in shared memory, copied to and from arrays of the caller. It knows no order and no lock. */
import { NetError } from '../core/error.ts';

/** What a record is copied from or into; it has exactly the bytes of a record. */
export type SharedRecord = Uint8Array | Int32Array;

/** Elements up to which a loop copies, since a block copy out of shared memory needs a view of the slot. */
const LOOP = 32;

export class Records {
  readonly #recordBytes: number;
  readonly #stride: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Views of the slots, made when first needed, so that nothing is allocated later. */
  readonly #byteSlots: Uint8Array[] = [];
  readonly #wordSlots: Int32Array[] = [];

  /** @param offset in bytes, a multiple of 4 */
  constructor(buffer: SharedArrayBuffer, offset: number, recordBytes: number, capacity: number) {
    this.#recordBytes = recordBytes;
    this.#stride = strideOf(recordBytes);
    this.#bytes = new Uint8Array(buffer, offset, this.#stride * capacity);
    this.#words = new Int32Array(buffer, offset, (this.#stride * capacity) / 4);
  }

  /** @throws NetError `limit` unless it has the size of a record */
  check(record: SharedRecord): void {
    if (record.byteLength === this.#recordBytes) return;
    const what = `A record of this queue has ${this.#recordBytes} bytes`;
    throw new NetError('limit', `${what}, and the array that was given has ${record.byteLength}`);
  }

  store(slot: number, from: SharedRecord): void {
    const isWords = from instanceof Int32Array;
    const to = isWords ? this.#words : this.#bytes;
    const at = isWords ? (slot * this.#stride) / 4 : slot * this.#stride;
    if (from.length > LOOP) to.set(from, at);
    else for (let index = 0; index < from.length; index++) to[at + index] = from[index]!;
  }

  load(slot: number, into: SharedRecord): void {
    const isWords = into instanceof Int32Array;
    if (into.length > LOOP) {
      into.set(isWords ? this.#wordSlot(slot, into.length) : this.#byteSlot(slot, into.length));
      return;
    }
    const from = isWords ? this.#words : this.#bytes;
    const at = isWords ? (slot * this.#stride) / 4 : slot * this.#stride;
    for (let index = 0; index < into.length; index++) into[index] = from[at + index]!;
  }

  #byteSlot(slot: number, length: number): Uint8Array {
    const at = slot * this.#stride;
    this.#byteSlots[slot] ??= this.#bytes.subarray(at, at + length);
    return this.#byteSlots[slot];
  }

  #wordSlot(slot: number, length: number): Int32Array {
    const at = (slot * this.#stride) / 4;
    this.#wordSlots[slot] ??= this.#words.subarray(at, at + length);
    return this.#wordSlots[slot];
  }
}

/** Bytes from one slot to the next: records begin at a multiple of 4. */
export function strideOf(recordBytes: number): number {
  return Math.ceil(recordBytes / 4) * 4;
}
