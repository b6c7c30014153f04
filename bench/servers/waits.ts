/** Durations that several threads write down, in memory that they share. */

const ROOM = 100_000;
/** In front of the values: how many there are. */
const VALUES = 8;

export class Waits {
  readonly memory: SharedArrayBuffer;
  readonly #count: Int32Array;
  readonly #values: Float64Array;

  constructor(memory = new SharedArrayBuffer(VALUES + ROOM * 8)) {
    this.memory = memory;
    this.#count = new Int32Array(memory, 0, 1);
    this.#values = new Float64Array(memory, VALUES);
  }

  /** Those that there is no room for are left out. */
  add(value: number): void {
    const at = Atomics.add(this.#count, 0, 1);
    if (at < ROOM) this.#values[at] = value;
  }

  get values(): number[] {
    return [...this.#values.subarray(0, Math.min(ROOM, Atomics.load(this.#count, 0)))];
  }
}
