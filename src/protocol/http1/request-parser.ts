/** Requests out of bytes: what a server listens with. */
import { CR, LF } from './characters.ts';
import { bad } from './error.ts';
import type { RequestHead } from './event.ts';
import type { Http1Limits } from './limits.ts';
import { MessageParser } from './message-parser.ts';
import { RequestScanner } from './request-scanner.ts';
import { CLIENT, type State } from './state.ts';

/** Empty lines before a request that are read over: at least one (RFC 9112 section 2.2). */
const MAX_EMPTY_LINES = 1;

export class RequestParser extends MessageParser<RequestHead> {
  protected override state: State = 'idle';
  readonly #scanner: RequestScanner;
  #emptyLines = 0;
  /** Within an empty line. */
  #afterCr = false;
  #keepsAlive = true;
  #asks = false;

  /** @throws NetError `protocol` (fault `local`) for a limit that is none */
  constructor(limits?: Partial<Http1Limits>) {
    super(limits);
    this.#scanner = new RequestScanner(this.limits);
    this.#scanner.begin();
  }

  override get isIdle(): boolean {
    return super.isIdle && !this.#afterCr && this.state !== 'error';
  }

  protected override nextHead(): RequestHead | null {
    if (this.state !== 'idle' && !this.#beginNext()) return null;
    if (!this.section.isHolding && !this.#skipEmptyLines()) return null;
    const { section } = this;
    if (!section.read(this.input, this.#scanner)) {
      this.checkEnd();
      return null;
    }
    const head = this.#scanner.take(section.bytes, section.base);
    section.release();
    this.#keepsAlive = head.keepAlive;
    this.#asks = head.upgrade !== undefined || head.method === 'CONNECT';
    this.state = CLIENT.idle.request;
    return head;
  }

  protected override onEnd(): void {
    const ends = CLIENT['send-body'];
    this.state = this.#asks ? ends['end-asking'] : this.#keepsAlive ? ends.end : ends['end-last'];
  }

  protected override fault(error: unknown): unknown {
    return error;
  }

  /** Whether another request may follow; who asks for it has declined to switch. */
  #beginNext(): boolean {
    if (this.state === 'might-switch' && !this.#keepsAlive) this.state = CLIENT['might-switch']['end-last'];
    if (this.state === 'done' || this.state === 'might-switch') {
      this.state = CLIENT[this.state].next;
      this.#scanner.begin();
      this.#emptyLines = 0;
      return true;
    }
    this.input.clear();
    return false;
  }

  /** Whether the first byte of a request is there. */
  #skipEmptyLines(): boolean {
    const { input } = this;
    while (input.more()) {
      const byte = input.bytes[input.at];
      if (!this.#afterCr && byte !== CR) return true;
      if (this.#afterCr && byte !== LF) throw bad('A CR before the request is not followed by LF');
      if (!this.#afterCr && this.#emptyLines++ === MAX_EMPTY_LINES)
        throw bad('A request begins with empty lines');
      this.#afterCr = !this.#afterCr;
      input.at++;
    }
    if (input.ended) this.state = this.#close();
    return false;
  }

  #close(): State {
    if (this.#afterCr) throw bad('The stream ended within a head');
    return CLIENT.idle.close;
  }
}
