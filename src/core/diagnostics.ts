/**
 * What happens, for whoever wants to see it: `--verbose`, metrics, tracing. Nothing is paid while nobody subscribes.
 * The names of the channels are public: subscribe with `node:diagnostics_channel`.
 */
import { channel } from 'node:diagnostics_channel';
import type { Connection, Listener, Resource, Wire } from './contract.ts';

/** Published on `modnet:connection:open`. */
export interface ConnectionOpened {
  readonly connection: Connection;
  readonly wire: Wire;
}

/** Published on `modnet:connection:close`. */
export interface ConnectionClosed extends ConnectionOpened {
  readonly reason: Error | undefined;
}

/**
 * Published on `modnet:wire:closing`, by wires that have a descriptor: it is closed when the subscribers have returned, so that
 * they can ask the system a last time (TCP_INFO).
 */
export interface WireClosing {
  readonly wire: Wire;
  readonly fd: number;
}

/** Published on `modnet:listener:open` and `modnet:listener:close`. */
export interface ListenerEvent {
  readonly listener: Listener<Resource>;
}

/** Published on `modnet:listener:trouble`: an accept that failed, a connection dropped because the listener closed. */
export interface ListenerTrouble extends ListenerEvent {
  readonly error: Error;
}

export const connectionOpened = channel('modnet:connection:open');
export const connectionClosed = channel('modnet:connection:close');
export const wireClosing = channel('modnet:wire:closing');
export const listenerOpened = channel('modnet:listener:open');
export const listenerClosed = channel('modnet:listener:close');
export const listenerTrouble = channel('modnet:listener:trouble');
