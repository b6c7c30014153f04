/** A wire that carries plaintext for its owner and TLS below, whichever library does it. */
import type { Wire } from '../../core/contract.ts';
import type { TlsDetails } from './options.ts';

export interface SecureWire extends Wire {
  /** Settles when the handshake is over; rejects when it failed, and nobody need listen. */
  readonly secured: Promise<void>;
  /** `undefined` until then. */
  readonly details: TlsDetails | undefined;
  /** Ends a handshake that is under way, for `reason`. */
  fail(reason: Error): void;
  /**
   * Nobody reads any more: a peer that closes without a close_notify now has cut nothing off. Many do so when they have been
   * told to close.
   */
  leave(): void;
}
