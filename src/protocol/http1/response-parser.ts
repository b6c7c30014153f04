/** Responses out of bytes: what a client listens with. */
import { bad, ofResponse } from './error.ts';
import type { ResponseHead } from './event.ts';
import type { Http1Limits } from './limits.ts';
import { MessageParser } from './message-parser.ts';
import { ResponseScanner } from './response-scanner.ts';
import { follow, SERVER, type State } from './state.ts';

export class ResponseParser extends MessageParser<ResponseHead> {
  protected override state: State = 'idle';
  readonly #scanner: ResponseScanner;
  /** Of the requests that are not answered, in order. */
  readonly #methods: string[] = [];
  #head: ResponseHead | undefined;
  #isTunnel = false;

  /** @throws NetError `protocol` (fault `local`) for a limit that is none */
  constructor(limits?: Partial<Http1Limits>) {
    super(limits);
    this.#scanner = new ResponseScanner(this.limits);
    this.#scanner.begin();
  }

  /**
   * Says that a request with this method has been sent; once for each, in order. Whether a response has a body depends on it,
   * and a response that nobody asked for is a fault.
   */
  expect(method: string): void {
    this.#methods.push(method);
  }

  /** Also: no response is owed. */
  override get isIdle(): boolean {
    return super.isIdle && this.#methods.length === 0 && (this.state === 'idle' || this.state === 'done');
  }

  protected override nextHead(): ResponseHead | null {
    if (this.state === 'done') this.state = SERVER.done.next;
    if (this.state === 'must-close') this.input.clear();
    if (this.state !== 'idle' && this.state !== 'send-response') return null;
    if (!this.#beginResponse()) return null;
    const { section } = this;
    if (!section.read(this.input, this.#scanner)) {
      this.checkEnd();
      return null;
    }
    const head = this.#scanner.take(section.bytes, section.base, this.#methods[0]!);
    section.release();
    this.#scanner.begin();
    this.#onHead(head);
    return head;
  }

  /** Whether bytes of a response are there. */
  #beginResponse(): boolean {
    if (!this.section.isHolding && !this.input.more()) {
      if (this.checkEnd()) this.state = follow(SERVER, this.state, 'close');
      return false;
    }
    if (this.#methods.length === 0) throw bad('A response arrived that answers no request');
    if (this.state === 'idle') this.state = SERVER.idle.request;
    return true;
  }

  #onHead(head: ResponseHead): void {
    this.#head = head;
    const { status } = head;
    this.#isTunnel = status === 101 || (status >= 200 && status < 300 && this.#methods[0] === 'CONNECT');
    const ways = SERVER['send-response'];
    if (status < 200 && status !== 101) this.state = ways.informational;
    else {
      this.state = this.#isTunnel ? ways.switch : ways.response;
      this.#methods.shift();
    }
  }

  protected override onEnd(): void {
    if (this.state === 'send-body')
      this.state = SERVER['send-body'][this.#head!.keepAlive ? 'end' : 'end-last'];
    this.#head = undefined;
  }

  protected override fault(error: unknown): unknown {
    return ofResponse(error);
  }
}
