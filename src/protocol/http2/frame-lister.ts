/**
 * Tells the frames of one direction of a connection as they pass by, from their heads alone: for whoever watches, counts or
 * waits for the space between two frames. It changes nothing, keeps no payload, and knows no rule of HTTP/2: what is no
 * HTTP/2 is listed as frames that make no sense.
 */
import type { Bytes } from '../../core/contract.ts';
import { FRAME_HEAD } from './frame.ts';
import { PREFACE } from './preface.ts';

/**
 * Called when a head is whole. Its payload begins at `at` of `chunk`, as far as it has come: perhaps not at all yet. Not to be
 * kept.
 */
export type OnFrame = (
  type: number,
  flags: number,
  stream: number,
  length: number,
  chunk: Bytes,
  at: number,
) => void;

export class FrameLister {
  readonly #onFrame: OnFrame;
  /** The part of a head that has come. */
  readonly #head = new Uint8Array(FRAME_HEAD);
  #held = 0;
  /** Bytes of the preface or a payload that are still to come. */
  #left: number;

  /** @param from `client`: the direction that begins with the preface */
  constructor(from: 'client' | 'server', onFrame: OnFrame) {
    this.#onFrame = onFrame;
    this.#left = from === 'client' ? PREFACE.length : 0;
  }

  /** Whether a frame could be put in here: the one before is whole, and the next has not begun. */
  get isBetweenFrames(): boolean {
    return this.#left === 0 && this.#held === 0;
  }

  receive(chunk: Bytes): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, chunk.length - at);
        this.#left -= passed;
        at += passed;
      } else if (this.#held === 0 && chunk.length - at >= FRAME_HEAD) {
        at += FRAME_HEAD;
        this.#tell(chunk, at - FRAME_HEAD, chunk, at);
      } else {
        at = this.#hold(chunk, at);
      }
    }
  }

  /** Takes bytes of a head that is cut; gives where it stopped. */
  #hold(chunk: Bytes, from: number): number {
    let at = from;
    while (at < chunk.length && this.#held < FRAME_HEAD) this.#head[this.#held++] = chunk[at++]!;
    if (this.#held < FRAME_HEAD) return at;
    this.#held = 0;
    this.#tell(this.#head, 0, chunk, at);
    return at;
  }

  #tell(bytes: Bytes, at: number, chunk: Bytes, payload: number): void {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const stream =
      ((bytes[at + 5]! & 0x7f) << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!;
    this.#left = length;
    this.#onFrame(bytes[at + 3]!, bytes[at + 4]!, stream, length, chunk, payload);
  }
}
