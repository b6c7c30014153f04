/**
 * Names that are kept for those who speak without staying, by a request of HTTP: for some minutes after it nobody else has the
 * name, so that what follows comes from the same place. It knows neither members nor rooms.
 */
import type { Clock } from '../../core/index.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { ExchangeLimits } from './limits.ts';
import type { Name } from './names.ts';
import { Refusal } from './refusal.ts';

type Limits = Pick<ExchangeLimits, 'heldNames' | 'heldNamesPerAddress' | 'nameHold' | 'rate' | 'burst'>;

interface Hold {
  readonly name: Name;
  /** Key of the address. */
  readonly holder: string;
  readonly bucket: TokenBucket;
  until: number;
}

export class HeldNames {
  readonly #limits: Limits;
  readonly #clock: Clock;
  /** The one that was used last comes last. */
  readonly #holds = new Map<string, Hold>();
  readonly #perAddress = new Map<string, number>();

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Names that are held now. */
  get size(): number {
    this.#expire();
    return this.#holds.size;
  }

  /** Milliseconds until the name is free; 0 when nobody holds it. */
  heldFor(key: string): number {
    this.#expire();
    const hold = this.#holds.get(key);
    return hold === undefined ? 0 : hold.until - this.#clock.now();
  }

  /**
   * Takes the name for the address, or keeps it on, and counts a request under it.
   * @throws Refusal `name-taken` when another address holds it, `limit` when there are too many, `rate`
   */
  use(name: Name, holder: string): void {
    this.#expire();
    const hold = this.#holds.get(name.key) ?? this.#hold(name, holder);
    const now = this.#clock.now();
    if (hold.holder !== holder)
      throw new Refusal('name-taken', `The name ${name.text} is held for another address`, {
        wait: hold.until - now,
      });
    if (!hold.bucket.take(now))
      throw new Refusal('rate', `Too fast: at most ${this.#limits.rate} messages a second under one name`, {
        wait: hold.bucket.wait(now),
      });
    hold.until = now + this.#limits.nameHold;
    this.#holds.delete(name.key);
    this.#holds.set(name.key, hold);
  }

  #hold(name: Name, holder: string): Hold {
    const { heldNames, heldNamesPerAddress, nameHold, rate, burst } = this.#limits;
    const count = this.#perAddress.get(holder) ?? 0;
    if (count >= heldNamesPerAddress)
      throw new Refusal(
        'limit',
        `Your address holds ${heldNamesPerAddress} names already; use one of those`,
        {
          wait: nameHold,
        },
      );
    if (this.#holds.size >= heldNames)
      throw new Refusal('limit', `${heldNames} names are held already; try again later`, { wait: nameHold });
    const now = this.#clock.now();
    const hold = { name, holder, bucket: new TokenBucket(rate, burst, now), until: now + nameHold };
    this.#holds.set(name.key, hold);
    this.#perAddress.set(holder, count + 1);
    return hold;
  }

  #expire(): void {
    const now = this.#clock.now();
    for (const [key, { until, holder }] of this.#holds) {
      if (until > now) return;
      this.#holds.delete(key);
      const left = this.#perAddress.get(holder)! - 1;
      if (left === 0) this.#perAddress.delete(holder);
      else this.#perAddress.set(holder, left);
    }
  }
}
