/**
 * Chunks to frames, and the parts of frames that came so far: what is checked here is each frame by itself. It does not know
 * which frames make up a message.
 */
import type { Bytes } from '../../core/contract.ts';
import { MESSAGE_TOO_BIG, PROTOCOL_ERROR } from './close-code.ts';
import { FIN, type FrameHead, headLength, MAX_HEAD, RSV, RSV1, readHead, SHORT } from './frame-head.ts';
import { mask } from './mask.ts';
import { CLOSE, isControl, isKnown } from './opcode.ts';
import { WebSocketError } from './websocket-error.ts';

const EMPTY: Bytes = new Uint8Array(0);

export interface FrameRules {
  /** What the peer must do: a client masks, a server does not (RFC 6455 section 5.1). */
  readonly isMasked: boolean;
  /** Whether an extension was agreed on that gives RSV1 a meaning. */
  readonly allowsRsv1: boolean;
  /** Payload bytes of one frame. */
  readonly maxFrame: number;
  /** Told of a head before any of its payload: what is wrong with it need not be waited for. */
  onHead(frame: FrameReader): void;
}

export class FrameReader {
  readonly #rules: FrameRules;
  #chunk: Bytes = EMPTY;
  #at = 0;
  /** Chunks that came while there were frames in the first. */
  #later: Bytes[] = [];
  /** The beginning of a head that is split between chunks. */
  #split: Bytes | undefined;
  #splitLength = 0;
  #key = 0;
  #isMasked = false;
  /** Payload bytes that came, and those that are to come; `-1` between frames. */
  #came = 0;
  #left = -1;

  opcode = 0;
  isFinal = false;
  hasRsv1 = false;
  /** Of the frame's payload, in bytes. */
  length = 0;
  /** What `next` has found: the payload of the current frame, or the next part of it; unmasked. */
  part: Bytes = EMPTY;
  /** Whether `part` is the last of its frame. */
  isLast = false;

  constructor(rules: FrameRules) {
    this.#rules = rules;
  }

  /** Whether all that came has been taken, and ended with a frame. */
  get isBetweenFrames(): boolean {
    return (
      this.#left < 0 && this.#splitLength === 0 && this.#at === this.#chunk.length && this.#later.length === 0
    );
  }

  /** The chunk is unmasked in place. */
  receive(chunk: Bytes): void {
    if (this.#at < this.#chunk.length) {
      this.#later.push(chunk);
      return;
    }
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * Goes on to the next frame, or part of one. `false` when more bytes are needed.
   * @throws WebSocketError when a frame breaks a rule
   */
  next(): boolean {
    for (;;) {
      if (this.#left < 0 && !this.#readHead()) {
        if (this.#nextChunk()) continue;
        return false;
      }
      if (this.#readPart()) return true;
      if (!this.#nextChunk()) return false;
    }
  }

  /** Forgets what is still to be read. */
  clear(): void {
    this.#chunk = EMPTY;
    this.#at = 0;
    this.#later = [];
    this.part = EMPTY;
  }

  #nextChunk(): boolean {
    const chunk = this.#later.shift();
    this.#at = 0;
    this.#chunk = chunk ?? EMPTY;
    if (chunk !== undefined) return true;
    // What is done with must not keep its slab alive.
    this.part = EMPTY;
    return false;
  }

  /** `false` when the rest of the head is in a chunk to come; the chunk is used up then. */
  #readHead(): boolean {
    const here = this.#chunk.length - this.#at;
    if (this.#splitLength === 0 && here >= 2) {
      const length = headLength(this.#chunk[this.#at + 1]!);
      if (here >= length) {
        this.#begin(readHead(this.#chunk, this.#at));
        this.#at += length;
        return true;
      }
    }
    return this.#joinHead();
  }

  #joinHead(): boolean {
    while (this.#at < this.#chunk.length) {
      this.#split ??= new Uint8Array(MAX_HEAD);
      this.#split[this.#splitLength++] = this.#chunk[this.#at++]!;
      if (this.#splitLength === 1) this.#checkFirst(this.#split[0]!);
      if (this.#splitLength < 2 || this.#splitLength < headLength(this.#split[1]!)) continue;
      const head = readHead(this.#split, 0);
      this.#splitLength = 0;
      this.#begin(head);
      return true;
    }
    return false;
  }

  #begin(head: FrameHead): void {
    this.#checkFirst(head.first);
    this.#checkLength(head);
    this.opcode = head.first & 0x0f;
    this.isFinal = (head.first & FIN) !== 0;
    this.hasRsv1 = (head.first & RSV1) !== 0;
    this.length = head.length;
    this.#isMasked = head.isMasked;
    this.#key = head.key;
    this.#came = 0;
    this.#left = head.length;
    this.#rules.onHead(this);
  }

  /** `false` when nothing of a payload is there. */
  #readPart(): boolean {
    const here = this.#chunk.length - this.#at;
    if (here === 0 && this.#left > 0) return false;
    const count = Math.min(here, this.#left);
    this.part = count === 0 ? EMPTY : this.#chunk.subarray(this.#at, this.#at + count);
    if (this.#isMasked) mask(this.part, this.#key, this.#came);
    this.#at += count;
    this.#came += count;
    this.isLast = count === this.#left;
    this.#left = this.isLast ? -1 : this.#left - count;
    return true;
  }

  #checkFirst(first: number): void {
    const opcode = first & 0x0f;
    if (!isKnown(opcode)) throw broken(`a frame has the reserved opcode ${opcode}`);
    const reserved = first & RSV & (this.#rules.allowsRsv1 && !isControl(opcode) ? ~RSV1 : ~0);
    if (reserved !== 0) throw broken(`a frame has a reserved bit set (RSV ${reserved >> 4})`);
    if (isControl(opcode) && (first & FIN) === 0) throw broken('a control frame is fragmented');
  }

  #checkLength({ first, length, isMasked, isMinimal }: FrameHead): void {
    if (isMasked !== this.#rules.isMasked)
      throw broken(isMasked ? 'a frame of a server is masked' : 'a frame of a client is not masked');
    if (length > SHORT && (first & 0x0f) >= CLOSE)
      throw broken(`a control frame of more than ${SHORT} bytes`);
    if (!isMinimal) throw broken('the length of a frame is written with more bytes than it needs');
    if (length === Number.POSITIVE_INFINITY) throw broken('the length of a frame has its highest bit set');
    if (length > this.#rules.maxFrame)
      throw new WebSocketError(
        MESSAGE_TOO_BIG,
        `a frame of ${length} bytes, where ${this.#rules.maxFrame} are taken`,
      );
  }
}

function broken(what: string): WebSocketError {
  return new WebSocketError(PROTOCOL_ERROR, what);
}
