/** A message that is encoded once and sent to many. */
import type { Bytes } from '../../core/contract.ts';
import type { Deflater } from './deflate.ts';
import { RSV1 } from './frame-head.ts';
import { checkText, encodeFrame, encodeText } from './frame-writer.ts';
import { BINARY, TEXT } from './opcode.ts';
import { SharedRun } from './shared-run.ts';

/**
 * Encodes a message for a broadcast: every server-side socket that it is pushed into sends the same bytes, and those that compress
 * each message by itself share the compressed form as well. Sockets of clients, whose frames are masked, encode it anew.
 * @throws NetError `protocol` (fault `local`) for text with half a surrogate pair
 */
export function prepareMessage(data: string | Bytes): PreparedMessage {
  return new PreparedMessage(data);
}

export class PreparedMessage {
  readonly data: string | Bytes;
  readonly #payload: Bytes;
  #plain: SharedRun | undefined;
  /** By the bits of the window that they were compressed with. */
  #deflated: Map<number, SharedRun> | undefined;

  /** Use `prepareMessage`. */
  constructor(data: string | Bytes) {
    if (typeof data === 'string') checkText(data);
    this.data = data;
    this.#payload = typeof data === 'string' ? encodeText(data) : data;
  }

  /** Payload bytes. */
  get length(): number {
    return this.#payload.length;
  }

  /** The frame without compression. */
  get plain(): SharedRun {
    this.#plain ??= new SharedRun(encodeFrame(this.#opcode, this.#payload));
    return this.#plain;
  }

  /** The frame as a stateless deflater compresses it. */
  deflated(deflater: Deflater): SharedRun {
    this.#deflated ??= new Map();
    let run = this.#deflated.get(deflater.windowBits);
    if (run === undefined) {
      run = new SharedRun(encodeFrame(this.#opcode, deflater.deflate(this.#payload), RSV1));
      this.#deflated.set(deflater.windowBits, run);
    }
    return run;
  }

  get #opcode(): number {
    return typeof this.data === 'string' ? TEXT : BINARY;
  }
}
