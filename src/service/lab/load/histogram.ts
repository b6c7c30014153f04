/**
 * Durations counted in buckets whose width grows with the value, so that percentiles over a day of requests cost a fixed
 * memory and recording costs a few nanoseconds. It does not know what is timed.
 *
 * The idea is HdrHistogram's (Gil Tene): each power of two is cut into the same number of buckets. The bucket of a value
 * is the exponent and the first bits of the mantissa of its IEEE 754 form (a double), read as one integer.
 */

/** Bits of the mantissa that tell buckets apart: 64 buckets a power of two, so a bucket is at most 1/64 (1.6 %) wide. */
const BITS = 6;
/** Shorter than 2^-14 ms (61 ns) counts as that: no clock here is finer. */
const LEAST = 2 ** -14;
/** Longer than 2^28 ms (3 days) counts in the last bucket; `max` stays exact. */
const OCTAVES = 42;
const BUCKETS = OCTAVES << BITS;

/** Exponent, sign and the first 20 bits of the mantissa are the upper half of a double. */
const SHIFT = 20 - BITS;
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
double[0] = LEAST;
const UPPER = halves[1] === 0 ? 0 : 1;
const FIRST = halves[UPPER]! >>> SHIFT;

/** What a histogram holds, as plain data: it survives JSON and messages between processes. */
export interface HistogramData {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Buckets that are not empty, by rising value: number of the bucket and values in it. */
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
}

/** In the unit of what was recorded. */
export interface Percentiles {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class Histogram {
  readonly #buckets = new Float64Array(BUCKETS);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  static from(data: HistogramData): Histogram {
    const histogram = new Histogram();
    histogram.merge(data);
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  /** @param value not negative; a negative one, of a clock that was set back, counts as 0 */
  record(value: number): void {
    const counted = Math.max(value, 0);
    const bucket = bucketOf(counted);
    this.#buckets[bucket] = this.#buckets[bucket]! + 1;
    this.#count++;
    this.#sum += counted;
    if (counted < this.#min) this.#min = counted;
    if (counted > this.#max) this.#max = counted;
  }

  /**
   * The value that `fraction` of the values do not exceed (nearest rank), at most 0.8 % off within the range that is
   * told apart; 0 when nothing was recorded.
   * @param fraction 0 to 1
   */
  percentile(fraction: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil(fraction * this.#count));
    if (rank === this.#count) return this.#max;
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#buckets[bucket]!;
      if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, middleOf(bucket)));
    }
    return this.#max;
  }

  /** `null` when nothing was recorded. */
  percentiles(): Percentiles | null {
    if (this.#count === 0) return null;
    return {
      count: this.#count,
      min: this.#min,
      mean: this.#sum / this.#count,
      p50: this.percentile(0.5),
      p90: this.percentile(0.9),
      p99: this.percentile(0.99),
      p999: this.percentile(0.999),
      max: this.#max,
    };
  }

  /** Adds what another recorded: the result is that of recording all in one. */
  merge(other: Histogram | HistogramData): void {
    const { count, sum, min, max, buckets } = other instanceof Histogram ? other.toJSON() : other;
    if (count === 0) return;
    for (const [bucket, values] of buckets) this.#buckets[bucket] = this.#buckets[bucket]! + values;
    this.#count += count;
    this.#sum += sum;
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
  }

  clear(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
  }

  toJSON(): HistogramData {
    const buckets: [number, number][] = [];
    for (const [bucket, count] of this.#buckets.entries()) if (count > 0) buckets.push([bucket, count]);
    return {
      count: this.#count,
      sum: this.#sum,
      min: this.#count === 0 ? 0 : this.#min,
      max: this.#max,
      buckets,
    };
  }
}

function bucketOf(value: number): number {
  if (value < LEAST) return 0;
  double[0] = value;
  return Math.min(BUCKETS - 1, (halves[UPPER]! >>> SHIFT) - FIRST);
}

/** Between the edges of a bucket. */
function middleOf(bucket: number): number {
  return (edgeOf(bucket) + edgeOf(bucket + 1)) / 2;
}

function edgeOf(bucket: number): number {
  const octave = bucket >> BITS;
  const step = bucket & ((1 << BITS) - 1);
  return LEAST * 2 ** octave * (1 + step / (1 << BITS));
}
