/** What happens in HTTP servers, for whoever wants to see it. Nothing is paid while nobody subscribes. */
import { channel } from 'node:diagnostics_channel';
import type { Address, HalfCloseable } from '../../../core/index.ts';

/** Published on `modnet:http:request` when a request has been answered, or will not be. */
export interface HttpRequestEvent {
  readonly remote: Address;
  readonly method: string;
  /** As it was sent. */
  readonly target: string;
  readonly version: string;
  /** 0 when the connection ended before it was answered. */
  readonly status: number;
  /** Of the body of the answer, without its framing. */
  readonly bytes: number;
  /** When the head of the request had come; ms since the epoch. */
  readonly time: number;
  /** Ms from then until the last byte of the answer was handed to the wire. */
  readonly duration: number;
  readonly host: string | undefined;
  readonly referer: string | undefined;
  readonly userAgent: string | undefined;
  /** Whether the whole answer was given to the wire. */
  readonly complete: boolean;
}

/** Published on `modnet:http:error`: what a handler threw, or what its answer broke of. */
export interface HttpErrorEvent {
  readonly error: Error;
  /** `undefined` when it was not a request's. */
  readonly request: Request | undefined;
}

/** Published on `modnet:http:fault`: what was refused before it reached a handler, and deadlines that passed. */
export interface HttpFaultEvent {
  readonly remote: Address;
  /** What it was answered with; 0 where nothing could be. */
  readonly status: number;
  readonly error: Error;
}

/** Published on `modnet:http:upgrade` when a connection leaves HTTP. */
export interface HttpUpgradeEvent {
  readonly connection: HalfCloseable;
  /** The value of Upgrade in the request; `undefined` after a CONNECT. */
  readonly protocol: string | undefined;
}

export const httpRequests = channel('modnet:http:request');
export const httpErrors = channel('modnet:http:error');
export const httpFaults = channel('modnet:http:fault');
export const httpUpgrades = channel('modnet:http:upgrade');
