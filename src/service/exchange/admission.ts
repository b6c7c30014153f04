/** Who may come in, and how much one address may ask: shared by all doors. */
import { networkOf } from '../../bytes/ip.ts';
import type { Address, Clock } from '../../core/index.ts';
import { TokenBucket } from '../token-bucket.ts';
import type { ExchangeLimits } from './limits.ts';
import { Refusal } from './refusal.ts';

interface Visitor {
  connections: number;
  readonly bucket: TokenBucket;
}

export class Admission {
  readonly #limits: ExchangeLimits;
  readonly #clock: Clock;
  readonly #visitors = new Map<string, Visitor>();
  #connections = 0;
  /** Connections and members that were turned away since the start. */
  refused = 0;

  constructor(limits: ExchangeLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get connections(): number {
    return this.#connections;
  }

  /**
   * Counts a connection from the address in.
   * @throws Refusal `full`
   */
  admit(key: string): void {
    this.check(key);
    this.#connections++;
    this.#visitor(key).connections++;
  }

  /**
   * Whether one more connection from the address would be let in.
   * @throws Refusal `full`
   */
  check(key: string): void {
    const { connections, connectionsPerAddress } = this.#limits;
    if (this.#connections >= connections) throw this.#refuse(`${connections} connections are open already`);
    const visitor = this.#visitors.get(key);
    if (visitor !== undefined && visitor.connections >= connectionsPerAddress)
      throw this.#refuse(`${connectionsPerAddress} connections of your address are open already`);
  }

  /** Counts it out. */
  release(key: string): void {
    const visitor = this.#visitors.get(key)!;
    this.#connections--;
    visitor.connections--;
    this.#forget(key, visitor);
  }

  /** Whether the address may make one more request now. */
  allows(key: string): boolean {
    return this.#visitor(key).bucket.take(this.#clock.now());
  }

  /** Milliseconds until it may make one. */
  wait(key: string): number {
    return this.#visitor(key).bucket.wait(this.#clock.now());
  }

  /** Forgets addresses that have nothing open and asked nothing lately. Called by a door now and then. */
  sweep(): void {
    for (const [key, visitor] of this.#visitors) this.#forget(key, visitor);
  }

  #visitor(key: string): Visitor {
    const known = this.#visitors.get(key);
    if (known !== undefined) return known;
    const { addressRate, addressBurst } = this.#limits;
    const visitor = { connections: 0, bucket: new TokenBucket(addressRate, addressBurst, this.#clock.now()) };
    this.#visitors.set(key, visitor);
    return visitor;
  }

  #forget(key: string, visitor: Visitor): void {
    if (visitor.connections === 0 && visitor.bucket.isFull(this.#clock.now())) this.#visitors.delete(key);
  }

  #refuse(why: string): Refusal {
    this.refused++;
    return new Refusal('full', `The exchange is full: ${why}; try again later`);
  }
}

/** What counts as one address: as `networkOf`, and all who come by the same Unix socket or in memory together. */
export function addressKey(address: Address): string {
  return address.kind === 'inet' ? networkOf(address.host) : address.scheme;
}
