/**
 * Frames to messages and control events: the order of fragments, UTF-8, inflating, and the limits of a message. It does not
 * know what is sent in return.
 */
import { ByteQueue } from '../../bytes/byte-queue.ts';
import type { Bytes } from '../../core/contract.ts';
import { INVALID_PAYLOAD, MESSAGE_TOO_BIG, POLICY_VIOLATION, PROTOCOL_ERROR } from './close-code.ts';
import { decodeClose } from './close-frame.ts';
import type { Inflater } from './deflate.ts';
import type { WebSocketEvent } from './event.ts';
import { FrameReader } from './frame-reader.ts';
import type { WebSocketLimits } from './limits.ts';
import { CLOSE, CONTINUATION, isControl, PING, TEXT } from './opcode.ts';
import { WebSocketError } from './websocket-error.ts';

export interface MessageReaderOptions {
  readonly limits: WebSocketLimits;
  /** Whether the peer masks. */
  readonly isMasked: boolean;
  readonly inflater: Inflater | undefined;
  /** Hand out the parts of messages as they come, without their borders; not together with an inflater. */
  readonly asBytes: boolean;
}

/** Of text that came whole. A byte order mark belongs to the text (RFC 6455 section 8.1 does not take it away). */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class MessageReader {
  readonly #options: MessageReaderOptions;
  readonly #frames: FrameReader;
  /** Of the message that is under way; `CONTINUATION` for none. */
  #opcode: number = CONTINUATION;
  #isCompressed = false;
  #fragments = 0;
  /** Of the message that is under way, and of a control frame that is. Made when something comes in parts. */
  #parts: ByteQueue | undefined;
  #control: ByteQueue | undefined;
  /**
   * Looks at the text that came so far, so that what can never become UTF-8 is refused at once. The decoder of the platform does
   * so at the first wrong byte, and eight times as fast as one written here.
   */
  #checker: TextDecoder | undefined;

  constructor(options: MessageReaderOptions) {
    this.#options = options;
    this.#frames = new FrameReader({
      isMasked: options.isMasked,
      allowsRsv1: options.inflater !== undefined,
      maxFrame: options.asBytes ? Number.MAX_SAFE_INTEGER : options.limits.frame,
      onHead: (frame) => this.#onHead(frame),
    });
  }

  /** Whether all that came has been taken, and ended with a message. */
  get isBetweenMessages(): boolean {
    return this.#opcode === CONTINUATION && this.#frames.isBetweenFrames;
  }

  receive(chunk: Bytes): void {
    this.#frames.receive(chunk);
  }

  /** @throws WebSocketError */
  next(): WebSocketEvent | null {
    const frames = this.#frames;
    while (frames.next()) {
      const event = isControl(frames.opcode) ? this.#onControl(frames) : this.#onData(frames);
      if (event !== null) return event;
    }
    // A few bytes that wait must not keep a large buffer alive.
    this.#parts?.release();
    this.#control?.release();
    return null;
  }

  /** Forgets what came and was not taken. */
  clear(): void {
    this.#frames.clear();
    this.#parts = undefined;
    this.#checker = undefined;
  }

  #onHead(frame: FrameReader): void {
    if (isControl(frame.opcode)) return;
    if (frame.opcode !== CONTINUATION) this.#begin(frame);
    else if (this.#opcode === CONTINUATION)
      throw broken('a continuation frame, where no message is under way');
    else if (frame.hasRsv1) throw broken('a continuation frame has RSV1 set');
    const { limits, asBytes } = this.#options;
    if (asBytes) return;
    if (++this.#fragments > limits.fragments)
      throw new WebSocketError(POLICY_VIOLATION, `a message of more than ${limits.fragments} frames`);
    if ((this.#parts?.length ?? 0) + frame.length > limits.message) throw tooBig(limits.message);
  }

  #begin(frame: FrameReader): void {
    if (this.#opcode !== CONTINUATION) throw broken('a message begins before the last one has ended');
    this.#opcode = frame.opcode;
    this.#isCompressed = frame.hasRsv1;
    this.#fragments = 0;
  }

  #onControl(frame: FrameReader): WebSocketEvent | null {
    const payload = this.#wholeControl(frame);
    if (payload === null) return null;
    if (frame.opcode === CLOSE) return { type: 'close', ...decodeClose(payload) };
    return { type: frame.opcode === PING ? 'ping' : 'pong', data: payload };
  }

  #wholeControl(frame: FrameReader): Bytes | null {
    if (frame.isLast && this.#control === undefined) return frame.part;
    this.#control ??= new ByteQueue();
    this.#control.push(frame.part);
    if (!frame.isLast) return null;
    const payload = this.#control.takeAll();
    this.#control = undefined;
    return payload;
  }

  #onData(frame: FrameReader): WebSocketEvent | null {
    const isText = this.#opcode === TEXT;
    const isEnd = frame.isFinal && frame.isLast;
    if (this.#options.asBytes) return this.#onBytes(frame.part, isText, isEnd);
    if (isEnd && this.#parts === undefined) return this.#finish(frame.part, isText);
    if (isText && !this.#isCompressed) this.#check(frame.part, !isEnd);
    this.#parts ??= new ByteQueue();
    this.#parts.push(frame.part);
    if (!isEnd) return null;
    const whole = this.#parts.takeAll();
    this.#parts = undefined;
    return this.#finish(whole, isText);
  }

  #onBytes(part: Bytes, isText: boolean, isEnd: boolean): WebSocketEvent | null {
    if (isText) this.#check(part, !isEnd);
    if (isEnd) this.#opcode = CONTINUATION;
    return part.length === 0 ? null : { type: 'message', data: part };
  }

  #finish(payload: Bytes, isText: boolean): WebSocketEvent {
    this.#opcode = CONTINUATION;
    const data = this.#isCompressed ? this.#inflate(payload) : payload;
    return { type: 'message', data: isText ? textOf(data) : data };
  }

  #check(part: Bytes, isMore: boolean): void {
    this.#checker ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    try {
      this.#checker.decode(part, { stream: isMore });
    } catch (cause) {
      throw notUtf8(cause);
    }
  }

  #inflate(payload: Bytes): Bytes {
    const max = this.#options.limits.message;
    let data: Bytes | null;
    try {
      data = this.#options.inflater!.inflate(payload, max);
    } catch (cause) {
      throw new WebSocketError(INVALID_PAYLOAD, 'a message is marked as compressed and cannot be inflated', {
        cause,
      });
    }
    if (data === null) throw tooBig(max);
    return data;
  }
}

function textOf(bytes: Bytes): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw notUtf8(cause);
  }
}

function notUtf8(cause: unknown): WebSocketError {
  return new WebSocketError(INVALID_PAYLOAD, 'a text message is not UTF-8', { cause });
}

function tooBig(max: number): WebSocketError {
  return new WebSocketError(MESSAGE_TOO_BIG, `a message of more than ${max} bytes`);
}

function broken(what: string): WebSocketError {
  return new WebSocketError(PROTOCOL_ERROR, what);
}
