/** What arrives at an endpoint. */
import type { Bytes } from '../../core/contract.ts';
import type { CloseFrame } from './close-frame.ts';

export interface MessageEvent {
  readonly type: 'message';
  /** Text as a string. In the mode `bytes` each part of any message as bytes, as it comes. */
  readonly data: string | Bytes;
}

export interface ControlEvent {
  /** A ping has been answered already. */
  readonly type: 'ping' | 'pong';
  /** Up to 125 bytes. */
  readonly data: Bytes;
}

/** The peer's Close frame. */
export interface CloseEvent extends CloseFrame {
  readonly type: 'close';
}

export type WebSocketEvent = MessageEvent | ControlEvent | CloseEvent;
