/** What the server tells a blocking thread when it starts, and what the two tell each other later. All of it can be cloned. */
import type { Architecture } from '../architecture.ts';
import type { PackedError } from '../workers/packed-error.ts';
import type { ControlHandle } from './blocking-control.ts';

export interface BlockingBrief {
  readonly architecture: Architecture;
  /** URL of the handler's module. */
  readonly handler: string;
  /** Where the server listens. */
  readonly address: string;
  readonly shared: unknown;
  /** The scoreboard, and its size. */
  readonly scoreboard: SharedArrayBuffer;
  readonly maxConnections: number;
  readonly maxPerAddress: number;
  /** Ms. */
  readonly idle: number;
  readonly startTimeout: number;
  readonly closeGrace: number | undefined;
  readonly control: ControlHandle;
}

/** In the words of the others, see `brief.ts`. */
export type FromBlocking =
  | { readonly modnet: 'ready' }
  | { readonly modnet: 'unable' | 'failure' | 'trouble'; readonly error: PackedError }
  /** Descriptor of an epoll instance, which nobody closes when the thread ends. */
  | { readonly modnet: 'loop'; readonly poller: number };

/** Look at the control: of a thread that is in its event loop, and not blocked. */
export const LOOK = 'look';
