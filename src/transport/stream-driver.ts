/** What every transport of streams asks of its drivers. */
import type { Endpoints } from '../core/connection.ts';
import type { Wire } from '../core/contract.ts';

/** A connected wire that has not been started. */
export interface Opened {
  readonly wire: Wire;
  readonly endpoints: Endpoints;
}

export interface ListenEvents {
  onAccept(opened: Opened): void;
  /** An accept failed, and accepting goes on. */
  onTrouble(error: Error): void;
  /** The listening socket is gone. */
  onClose(error: Error): void;
}
