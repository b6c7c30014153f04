/** Troubles that no client can be told of, for whoever runs the exchange. Subscribe with `node:diagnostics_channel`. */
import { channel } from 'node:diagnostics_channel';

/** Published on `modnet:exchange:trouble`: the history cannot be written or read, a door has broken. */
export interface ExchangeTrouble {
  readonly error: Error;
}

export const exchangeTrouble = channel('modnet:exchange:trouble');

/** Tells of an error after which the exchange goes on. */
export function reportTrouble(error: unknown): void {
  if (!exchangeTrouble.hasSubscribers) return;
  exchangeTrouble.publish({ error: error instanceof Error ? error : new Error(String(error)) });
}
