/** How much one peer may ask of a WebSocket endpoint. Each limit has a name, a default and a precedent. */

/**
 * Bytes of a message, after it was decompressed. Precedent: the framings of modnet hold as much; Python's websockets takes
 * 1 MiB, `ws` 100 MiB.
 */
export const MAX_MESSAGE = 16 * 1024 * 1024;

/** Frames of one message. Precedent: `maxFragments` of `ws`. */
export const MAX_FRAGMENTS = 16 * 1024;

/**
 * Control frames that come within one second. A program that measures round trips sends some tens. Precedent: the floods of
 * PING that HTTP/2 servers bound since CVE-2019-9512, with limits from 10 to 10,000.
 */
export const MAX_CONTROL_RATE = 1000;

/**
 * Answers to pings that wait for a peer that does not read; beyond them only the latest ping is answered, as RFC 6455
 * section 5.5.3 allows. Precedent: Go's http2 keeps no more than 1,000 answers to control frames (`maxQueuedControlFrames`);
 * a pong has up to 127 bytes.
 */
export const MAX_PONGS = 64;

export interface WebSocketLimits {
  /** Default `MAX_MESSAGE`. */
  readonly message: number;
  /** Payload bytes of one frame. Default: as much as a message. */
  readonly frame: number;
  /** Default `MAX_FRAGMENTS`. */
  readonly fragments: number;
  /** In one second; default `MAX_CONTROL_RATE`. */
  readonly controlRate: number;
  /** Default `MAX_PONGS`. */
  readonly pongs: number;
}

export function limitsOf(given: Partial<WebSocketLimits> = {}): WebSocketLimits {
  const message = given.message ?? MAX_MESSAGE;
  return {
    message,
    frame: given.frame ?? message,
    fragments: given.fragments ?? MAX_FRAGMENTS,
    controlRate: given.controlRate ?? MAX_CONTROL_RATE,
    pongs: given.pongs ?? MAX_PONGS,
  };
}
