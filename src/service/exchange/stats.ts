/** What an exchange counts. */
import type { House } from './house.ts';

export interface ExchangeStats {
  readonly members: number;
  readonly rooms: number;
  readonly connections: number;
  /** Messages said since the start. */
  readonly messages: number;
  /** Events handed to members since the start. */
  readonly deliveries: number;
  /** Connections and members turned away since the start. */
  readonly refused: number;
  /** Events that were dropped since the start for members who read too slowly. */
  readonly dropped: number;
  /** Members that were let go since the start because they read too slowly. */
  readonly slow: number;
  /** Wrong tokens since the start. */
  readonly wrongTokens: number;
}

export function statsOf({ hub, admission, tally, gate }: House): ExchangeStats {
  return {
    members: hub.memberCount,
    rooms: hub.roomCount,
    connections: admission.connections,
    messages: hub.messageCount,
    deliveries: hub.deliveryCount,
    refused: admission.refused,
    dropped: tally.dropped,
    slow: tally.slow,
    wrongTokens: gate?.wrong ?? 0,
  };
}
