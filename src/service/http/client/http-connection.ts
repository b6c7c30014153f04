/**
 * One connection that speaks HTTP/1.1 as its client does: one exchange at a time, at the push level. It knows what may
 * come when, and nothing of pools, time, redirects or bodies.
 */
import { type Bytes, type HalfCloseable, NetError, type Receiver, type Wire } from '../../../core/index.ts';
import {
  type Fields,
  type Http1Event,
  type Http1Limits,
  type ResponseHead,
  ResponseParser,
} from '../../../protocol/http1/index.ts';
import { MAX_INTERIM } from './limits.ts';

/** Hears of one answer: `onFirstByte`, `onInterim` any number of times, then `onHead`, `onData` and `onEnd`; `onFail` ends it at any point. */
export interface Answer {
  readonly method: string;
  /** Whether 101, or 2xx to CONNECT, hands the connection over. */
  readonly upgrades: boolean;
  onFirstByte(): void;
  onInterim(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
  /** `false` asks to wait until `resume`. */
  onData(data: Bytes): boolean;
  onEnd(trailers: Fields | undefined): void;
  /** The connection is gone. */
  onFail(error: Error): void;
  onDrain(): void;
}

/** What whoever keeps connections wants to know. */
export interface HttpConnectionHooks {
  /** The exchange is over and another may begin. */
  onIdle(connection: HttpConnection): void;
  /** No exchange will begin any more. Called once. */
  onGone(connection: HttpConnection): void;
}

export class HttpConnection implements Receiver {
  readonly connection: HalfCloseable;
  readonly #wire: Wire;
  readonly #parser: ResponseParser;
  #hooks: HttpConnectionHooks | undefined;
  #answer: Answer | undefined;
  /** The head that came last is the answer's; an interim one has an end too. */
  #final = false;
  /** The answer's last byte was parsed; its request may still be on its way. */
  #complete = false;
  #answered = false;
  #interim = 0;
  #held = false;
  #inputEnded = false;
  #gone = false;
  #served = 0;
  #received = 0;
  #pushed = 0;
  #keepAlive: number | undefined;

  constructor(connection: HalfCloseable, limits?: Partial<Http1Limits>) {
    this.connection = connection;
    this.#parser = new ResponseParser(limits);
    this.#wire = connection.attach(this);
  }

  /** Exchanges that are over. */
  get served(): number {
    return this.#served;
  }

  /** Whether a byte of the answer to the present exchange has come. */
  get answered(): boolean {
    return this.#answered;
  }

  get isGone(): boolean {
    return this.#gone;
  }

  /** Ms for which the server said that it keeps the connection (`Keep-Alive: timeout=5`), in its last answer. */
  get keepAlive(): number | undefined {
    return this.#keepAlive;
  }

  /** Bytes that came and bytes that the system has taken, so far. */
  get moved(): number {
    return this.#received + this.#pushed - this.#wire.pending;
  }

  /** Who is told from now on. */
  keep(hooks: HttpConnectionHooks): void {
    this.#hooks = hooks;
    if (this.#gone) hooks.onGone(this);
  }

  /** The next answer is this one's. Write the request in the same turn: what comes before it is no answer. */
  begin(answer: Answer): void {
    if (this.#gone) throw new NetError('closed', 'the connection is closed');
    if (this.#answer !== undefined) throw new NetError('busy', 'an exchange is under way on the connection');
    this.#answer = answer;
    this.#final = false;
    this.#complete = false;
    this.#answered = false;
    this.#interim = 0;
    this.#parser.expect(answer.method);
  }

  /** `false` asks to wait for `onDrain`. */
  write(data: Bytes): boolean {
    this.#pushed += data.length;
    return this.#wire.push(data);
  }

  /** Goes on with an answer that was asked to wait. */
  resume(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#parse();
    if (!this.#held && !this.#gone) this.#wire.resume();
  }

  /**
   * Ends the exchange, whose answer and request are complete.
   * @param reusable whether both sides keep the connection
   */
  finish(reusable: boolean): void {
    this.#answer = undefined;
    this.#served++;
    if (this.#gone) return;
    // What follows an answer that nobody asked for may be meant to pass for the next one.
    if (!reusable || this.#inputEnded || !this.#parser.isIdle) this.close();
    else this.#hooks?.onIdle(this);
  }

  /** Ends the exchange, at the end of its answer, and gives the connection away with what came behind the head. */
  release(): HalfCloseable {
    this.#answer = undefined;
    this.connection.detach(this.#parser.takeRest());
    this.#leave();
    return this.connection;
  }

  /** In order; no exchange is under way. */
  close(): void {
    if (this.#gone) return;
    this.#leave();
    this.connection.close().catch(() => {});
  }

  /** At once; an exchange under way fails with the reason. */
  abort(reason: Error): void {
    this.connection.abort(reason);
    this.#fail(reason);
  }

  onData(chunk: Bytes): void {
    if (this.#gone) return;
    this.#received += chunk.length;
    if (this.#answer === undefined || this.#complete) {
      this.abort(unsolicited(chunk.length));
      return;
    }
    if (!this.#answered) this.#answer.onFirstByte();
    this.#answered = true;
    this.#feed(chunk);
    // Also when it arrives although the wire was asked to pause: it waits in the parser.
    if (this.#held) this.#wire.pause();
  }

  onEnd(): void {
    this.#inputEnded = true;
    if (this.#answer === undefined) {
      this.close();
    } else if (!this.#answered) {
      this.abort(
        new NetError('broken', 'the server closed the connection without an answer', { errno: 'ECONNRESET' }),
      );
    } else if (!this.#complete) {
      this.#feed(null);
      if (!this.#complete && !this.#held)
        this.abort(new NetError('broken', 'the server closed the connection early'));
    }
  }

  onDrain(): void {
    this.#answer?.onDrain();
  }

  onClose(reason?: Error): void {
    if (this.#held) this.#drainParser();
    this.#fail(reason ?? new NetError('broken', 'the connection was closed'));
  }

  #feed(chunk: Bytes | null): void {
    try {
      this.#parser.receive(chunk);
    } catch (thrown) {
      this.abort(thrown as Error);
    }
    this.#parse();
  }

  #parse(): void {
    try {
      while (this.#answer !== undefined && !this.#held && !this.#complete) {
        const event = this.#parser.next();
        if (event === null) break;
        this.#take(this.#answer, event);
      }
    } catch (thrown) {
      this.abort(thrown as Error);
    }
  }

  /** The connection is lost, but what came before may well be all. It is no more than one read. */
  #drainParser(): void {
    while (this.#held && this.#answer !== undefined && !this.#complete) {
      this.#held = false;
      this.#parse();
    }
  }

  #take(answer: Answer, event: Http1Event): void {
    if (event.type === 'response') {
      this.#takeHead(answer, event);
    } else if (event.type === 'data') {
      if (!answer.onData(event.data)) this.#held = true;
    } else if (event.type === 'end' && this.#final) {
      this.#complete = true;
      answer.onEnd(event.trailers);
    }
  }

  #takeHead(answer: Answer, head: ResponseHead): void {
    const { status } = head;
    if (status === 101 && !answer.upgrades)
      throw new NetError('protocol', 'the server switched protocols (101), which was not asked for', {
        fault: 'remote',
      });
    if (status >= 200 || status === 101) {
      this.#final = true;
      this.#keepAlive = keepAliveOf(head.fields.get('keep-alive'));
      answer.onHead(head);
      return;
    }
    if (++this.#interim > MAX_INTERIM)
      throw new NetError('limit', `the server sent more than ${MAX_INTERIM} interim answers (1xx)`);
    answer.onInterim(head);
  }

  #fail(reason: Error): void {
    this.#leave();
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.onFail(reason);
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#hooks?.onGone(this);
  }
}

/** `Keep-Alive: timeout=5, max=100`; a hint that RFC 2068 section 19.7.1 had and servers still give. */
function keepAliveOf(header: string | undefined): number | undefined {
  const seconds =
    header === undefined ? undefined : /(?:^|[\s,;])timeout\s*=\s*"?(\d{1,6})/i.exec(header)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

function unsolicited(length: number): NetError {
  return new NetError('protocol', `the server sent ${length} bytes that answer no request`, {
    fault: 'remote',
  });
}
