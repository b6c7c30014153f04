/** What the client publishes, for metrics and tracing. Nothing is paid while nobody subscribes. */
import { channel } from 'node:diagnostics_channel';
import type { RequestTiming } from './timing.ts';

/** Published on `modnet:http:client:request`, when a request is over: its answer is complete, or it failed. */
export interface RequestDone {
  readonly method: string;
  /** Without user and password; the last one, after redirects. */
  readonly url: string;
  readonly timing: RequestTiming;
  /** What it failed with. */
  readonly error: unknown;
}

export const requestDone = channel('modnet:http:client:request');
