/** What relays publish on `node:diagnostics_channel`, for logs, metrics and whoever else wants to see it. */
import { channel } from 'node:diagnostics_channel';
import type { Connection } from '../../core/index.ts';
import type { Bridge } from './bridge.ts';
import type { Relay } from './relay.ts';

interface RelayEvent {
  readonly relay: Relay;
  /** Of the connection, counted from 1. */
  readonly id: number;
  readonly from: Connection;
}

/** Published on `modnet:relay:open`, when both sides are connected. */
export interface RelayOpened extends RelayEvent {
  readonly to: Connection;
  readonly bridge: Bridge;
}

/** Published on `modnet:relay:close`. */
export interface RelayClosed extends RelayOpened {
  /** Ms since it was accepted. */
  readonly duration: number;
  /** `undefined` is a clean end. */
  readonly reason: Error | undefined;
}

/** Published on `modnet:relay:fail`: the other side could not be reached. */
export interface RelayFailed extends RelayEvent {
  readonly error: Error;
}

/** Published on `modnet:relay:refuse`: accepted beyond the limit, and closed. */
export interface RelayRefused extends RelayEvent {
  readonly error: Error;
}

export const relayOpened = channel('modnet:relay:open');
export const relayClosed = channel('modnet:relay:close');
export const relayFailed = channel('modnet:relay:fail');
export const relayRefused = channel('modnet:relay:refuse');
