/** A way into the exchange, as the composition sees it. */
import type { Address } from '../../core/index.ts';
import type { DoorKind } from './event.ts';

export interface Door {
  readonly kind: DoorKind;
  /** Where it is; the port is the real one. */
  readonly address: Address;
  /** Of an https door with a certificate of the exchange's own: the file of what clients must trust. */
  readonly authority?: string | undefined;
  /** Clients that it carries now. */
  readonly clients: number;
  /** Lets nobody in any more. */
  stop(): Promise<void>;
  /**
   * Waits until its clients, who have been told, are gone; when `signal` fires it cuts off the rest.
   * @returns how many were cut off
   */
  close(signal: AbortSignal): Promise<number>;
}
