/**
 * Asks for the access token of an exchange that more than one machine reaches, and limits guessing. It knows no door: who is
 * asked, and how the token came, is the doors' business.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../core/index.ts';
import { TokenBucket } from '../../token-bucket.ts';
import { Refusal } from '../refusal.ts';

/** Wrong tokens of one address at once, and a second in the long run. Precedent: fail2ban's sshd jail, 5 in 10 minutes. */
const WRONG_BURST = 10;
const WRONG_RATE = 1 / 6;

/** Addresses of which wrong tokens are remembered; beyond it the one that was wrong first is forgotten. */
const MAX_SUSPECTS = 4_096;

export class AccessGate {
  /** What must be shown. */
  readonly token: string;
  readonly #secret = randomBytes(32);
  readonly #digest: Buffer;
  readonly #clock: Clock;
  readonly #suspects = new Map<string, TokenBucket>();
  /** Apart from the others, so that forged senders can neither shut out who has the address nor make one forgotten. */
  readonly #forgeable = new Map<string, TokenBucket>();
  /** Wrong tokens since the start, those that were not looked at any more among them. */
  wrong = 0;

  constructor(token: string, clock: Clock) {
    this.token = token;
    this.#clock = clock;
    this.#digest = this.#hash(token);
  }

  /**
   * Returns when the token is right.
   * @param key of the address that shows it
   * @param isForgeable whether anybody could have sent it in the name of that address
   * @throws Refusal `bad-token`; `rate` when too many wrong ones came from the address, right or not this time
   */
  check(key: string, given: string, isForgeable = false): void {
    const suspects = isForgeable ? this.#forgeable : this.#suspects;
    const wait = suspects.get(key)?.wait(this.#clock.now()) ?? 0;
    if (wait > 0) {
      this.wrong++;
      throw new Refusal('rate', `Too many wrong tokens came from your address; wait ${seconds(wait)}`, {
        wait,
      });
    }
    // Digests, so that neither the length nor how far it is right can be told from the time that it takes.
    if (timingSafeEqual(this.#hash(given), this.#digest)) return;
    this.wrong++;
    this.#suspect(suspects, key);
    throw new Refusal('bad-token', 'The token is wrong');
  }

  /** What a cookie holds instead of the token: it opens the same, and does not tell it. Good as long as the token is. */
  get pass(): string {
    return createHmac('sha256', this.token).update('modnet exchange pass').digest('base64url');
  }

  /** Whether it is the pass. Too long to guess, so guesses are not counted. */
  isPass(given: string): boolean {
    return timingSafeEqual(this.#hash(given), this.#hash(this.pass));
  }

  #suspect(suspects: Map<string, TokenBucket>, key: string): void {
    const now = this.#clock.now();
    const known = suspects.get(key);
    const bucket = known ?? new TokenBucket(WRONG_RATE, WRONG_BURST, now);
    bucket.take(now);
    if (known !== undefined) return;
    forget(suspects, now);
    suspects.set(key, bucket);
  }

  #hash(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}

function forget(suspects: Map<string, TokenBucket>, now: number): void {
  for (const [key, bucket] of suspects) {
    if (suspects.size < MAX_SUSPECTS && !bucket.isFull(now)) return;
    suspects.delete(key);
  }
}

function seconds(ms: number): string {
  const count = Math.ceil(ms / 1000);
  return `${count} second${count === 1 ? '' : 's'}`;
}
