/**
 * Proof that the sender of a datagram receives at the address that it names: a token that only goes there. Nothing is
 * kept for an address until it has sent its token back, so that forged ones cost nothing (as QUIC's Retry, RFC 9000
 * section 8.1).
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** A token is good for this long at least, in ms, and twice as long at most. */
const VALID = 60_000;

/** Hexadecimal digits: 32 bits, too many to guess by datagrams within two minutes, few enough to type. */
const DIGITS = 8;

export class StrangerTokens {
  readonly #secret = randomBytes(32);
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  issue(address: string): string {
    return this.#token(address, this.#period());
  }

  verify(address: string, token: string): boolean {
    const given = Buffer.from(token);
    if (given.length !== DIGITS) return false;
    const period = this.#period();
    return [period, period - 1].some((one) => timingSafeEqual(given, Buffer.from(this.#token(address, one))));
  }

  #period(): number {
    return Math.floor(this.#now() / VALID);
  }

  #token(address: string, period: number): string {
    return createHmac('sha256', this.#secret).update(`${period} ${address}`).digest('hex').slice(0, DIGITS);
  }
}
