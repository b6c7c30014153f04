/** What the parsers of requests and of responses share: the order of head, body and end, faults, and the end of the stream. */
import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { BodyReader } from './body-reader.ts';
import { bad } from './error.ts';
import { type Data, END, type End } from './event.ts';
import { HeldSection } from './held-section.ts';
import { Input } from './input.ts';
import { type Http1Limits, limitsOf } from './limits.ts';
import type { State } from './state.ts';

export abstract class MessageParser<Head extends { readonly bodyLength: number }> {
  protected readonly limits: Http1Limits;
  protected readonly input = new Input();
  protected readonly section = new HeldSection();
  readonly #body: BodyReader;
  /** The head has been given, the body has not been read to its end. */
  #inMessage = false;
  #bodyLength = 0;
  #error: unknown;
  /** What arrives belongs to another. */
  #taken = false;

  constructor(limits: Partial<Http1Limits> | undefined) {
    this.limits = limitsOf(limits);
    this.#body = new BodyReader(this.input, this.limits);
  }

  /** Of the role that is listened to. */
  protected abstract state: State;

  /** The next head, or `null`: not complete, or none may follow. */
  protected abstract nextHead(): Head | null;

  /** The end of a message was given. */
  protected abstract onEnd(): void;

  /** The fault, as it is to be told. */
  protected abstract fault(error: unknown): unknown;

  /**
   * Takes what arrived; `null` is the end of the stream. The bytes are handed over: data events are views of them. Call
   * `next` until it returns `null` before giving more, or bytes are queued without a limit.
   */
  receive(chunk: Bytes | null): void {
    if (!this.#taken && this.state !== 'error' && this.state !== 'closed') this.input.push(chunk);
  }

  /**
   * The next event, or `null` when more bytes are needed, or when no more messages can follow: after `close` what arrives
   * is dropped (RFC 9112 section 9.6), after `takeRest` it belongs to another.
   * @throws Http1Error and the same again at each later call, once the events before it have been given
   */
  next(): Head | Data | End | null {
    if (this.state === 'error') throw this.#error;
    try {
      return this.#inMessage ? this.#nextOfBody() : this.#nextHead();
    } catch (error) {
      this.#error = this.fault(error);
      this.state = 'error';
      this.input.clear();
      this.section.takeHeld();
      throw this.#error;
    }
  }

  /**
   * Between messages, and before the end of one without a body: what arrived and was not parsed, for the protocol that follows an upgrade or CONNECT. The parser is
   * finished. Call it before `next` is called behind the end of that message.
   * @throws NetError `busy` within a body; Http1Error when it was thrown before
   */
  takeRest(): Bytes {
    if (this.state === 'error') throw this.#error;
    if (this.#inMessage && this.#bodyLength !== 0)
      throw new NetError(
        'busy',
        'The rest of the stream cannot be taken within a message of HTTP; read it to its end',
      );
    this.#inMessage = false;
    this.state = 'switched';
    this.#taken = true;
    return this.input.takeRest(this.section.takeHeld());
  }

  /** Between messages, with nothing buffered: the connection may be kept, given away or closed without a loss. */
  get isIdle(): boolean {
    return !this.#inMessage && !this.section.isHolding && this.input.isEmpty;
  }

  #nextHead(): Head | null {
    const head = this.nextHead();
    if (head === null) return null;
    this.#inMessage = true;
    this.#bodyLength = head.bodyLength;
    if (head.bodyLength !== 0) this.#body.begin(head.bodyLength);
    return head;
  }

  #nextOfBody(): Data | End | null {
    const event = this.#bodyLength === 0 ? END : this.#body.next();
    if (event === null || event.type === 'data') return event;
    this.#inMessage = false;
    this.onEnd();
    return event;
  }

  /** Nothing is left to read. @throws Http1Error when the stream ended within a head */
  protected checkEnd(): boolean {
    if (!this.input.ended) return false;
    if (this.section.isHolding) throw bad('The stream ended within a head');
    return true;
  }
}
