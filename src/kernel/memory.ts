/**
 * Memory whose address the kernel may be told. Backed by an `ArrayBuffer` of its own: a small typed array
 * made directly may live inside V8's heap and move.
 */
import { addressOf } from './ffi.ts';

export class Memory {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Valid while this object, or anything on its buffer, is referenced. */
  readonly address: number;

  /** @param size bytes, zeroed */
  constructor(size: number) {
    const buffer = new ArrayBuffer(size);
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.address = addressOf(buffer);
  }

  get buffer(): ArrayBuffer {
    return this.bytes.buffer;
  }

  /** Pointers and sizes are 64 bits wide; no value here needs more than 53. */
  setUint64(offset: number, value: number): void {
    this.view.setUint32(offset, value >>> 0, true);
    this.view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  }
}

let shared: Memory | undefined;

/**
 * A block for the arguments and results of one call, 4096 bytes, shared by all: nothing outlives the call in
 * it.
 */
export function scratch(): Memory {
  shared ??= new Memory(4096);
  return shared;
}

const holder: { owner: unknown } = { owner: undefined };

/**
 * Keeps the owner of native memory referenced until the next call of this. An optimized caller may let go of
 * an argument as soon as its address is read, and passing that address may allocate, hence collect.
 */
export function hold(owner: unknown): void {
  holder.owner = owner;
}
