/**
 * One connection that speaks HTTP/1.1: requests one after the other, each when the one before has been answered. It knows
 * neither the transport nor what handlers do.
 */
import {
  type Bytes,
  type FileRange,
  type HalfCloseable,
  NetError,
  READ_AHEAD,
  type Receiver,
  type Wire,
} from '../../../core/index.ts';
import {
  Http1Error,
  type Http1Event,
  NO_FIELDS,
  type RequestHead,
  RequestParser,
} from '../../../protocol/http1/index.ts';
import type { HttpContext } from '../contract.ts';
import type { Takeover } from '../response.ts';
import { Answer, type Answerer } from './answer.ts';
import { httpUpgrades } from './diagnostics.ts';
import { Exchange } from './exchange.ts';
import type { Guest, HttpHost } from './host.ts';
import type { ExchangeHead, Line, Reply } from './line.ts';
import { informText } from './response-head.ts';
import { type Surroundings, tellOf } from './surroundings.ts';
import { type Overdue, type Phase, Watch } from './watch.ts';

/** In place of a head that could not be read, for the answer to it. */
const UNREAD: RequestHead = {
  type: 'request',
  method: '-',
  target: '-',
  version: '1.1',
  fields: NO_FIELDS,
  host: undefined,
  keepAlive: false,
  expectsContinue: false,
  upgrade: undefined,
  bodyLength: 0,
};

/** HTTP is over: the connection is to be closed, or is `takeover`'s. */
export type OnDone = (takeover: Takeover | undefined) => void;

export class HttpConnection implements Receiver, Guest, Line {
  readonly host: HttpHost;
  readonly #connection: HalfCloseable;
  readonly #surroundings: Surroundings;
  readonly #onDone: OnDone;
  readonly #parser: RequestParser;
  readonly #watch: Watch;
  readonly #wire: Wire;
  #exchange: Exchange | undefined;
  #takeover: Takeover | undefined;
  /** What the takeover speaks. */
  #protocol: string | undefined;
  #requests = 0;
  #pushed = 0;
  /** Bytes given to the parser since it last asked for more. */
  #unparsed = 0;
  /** Bytes of a body that nobody wants. */
  #discarded = 0;
  #isAdvancing = false;
  #isPaused = false;
  #isDraining = false;
  #hasRoom = true;
  /** The peer has ended its half; and all that came before was parsed. */
  #hasEnded = false;
  #isParsed = false;
  /** No more is read, and the connection ends behind the last answer. */
  #isClosing = false;
  #isDone = false;

  constructor(host: HttpHost, connection: HalfCloseable, surroundings: Surroundings, onDone: OnDone) {
    this.host = host;
    this.#connection = connection;
    this.#surroundings = surroundings;
    this.#onDone = onDone;
    this.#parser = new RequestParser(host.settings.limits);
    this.#watch = new Watch(host);
    this.#watch.enter('first');
    this.#wire = connection.attach(this);
    host.add(this);
  }

  get isLast(): boolean {
    return (
      this.#isDraining ||
      this.#requests >= this.host.settings.requestsPerConnection ||
      (this.#hasEnded && this.#parser.isIdle)
    );
  }

  get hasRoom(): boolean {
    return this.#hasRoom;
  }

  get canSendFiles(): boolean {
    return this.#wire.pushFile !== undefined;
  }

  contextOf(head: ExchangeHead): HttpContext {
    return this.#surroundings.contextOf(head.version);
  }

  answerTo(owner: Answerer): Reply {
    return new Answer(this, owner);
  }

  inform(status: number, fields: readonly string[]): boolean {
    if (this.#isDone || this.#exchange?.head.version === '1.0') return false;
    this.host.outbox.latin1(this, informText(status, fields));
    this.host.outbox.flush(this);
    return true;
  }

  originOf(host: string | undefined): string {
    return this.#surroundings.originOf(host);
  }

  onData(chunk: Bytes): void {
    if (this.#isClosing || this.#isDone) return;
    this.#unparsed += chunk.length;
    this.#parser.receive(chunk);
    this.#advance();
  }

  onEnd(): void {
    this.#hasEnded = true;
    this.#parser.receive(null);
    this.#advance();
  }

  onDrain(): void {
    this.#hasRoom = true;
    this.#exchange?.answer.onDrain();
    this.#advance();
  }

  onClose(reason?: Error): void {
    if (this.#isDone) return;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onGone(reason ?? new NetError('broken', 'The client is gone'));
    if (exchange !== undefined) this.#tell(exchange);
    this.#finish();
  }

  onBodyRoom(): void {
    this.#advance();
  }

  onAnswered(): void {
    this.#advance();
  }

  onSwitched(takeover: Takeover): void {
    this.#takeover = takeover;
    this.#protocol = this.#exchange?.head.upgrade;
    this.#advance();
  }

  onRefused(status: number, error: Error): void {
    this.host.tellFault({ remote: this.#connection.remote, status, error });
  }

  pushBytes(bytes: Bytes): void {
    if (this.#isDone) return;
    this.#pushed += bytes.length;
    if (!this.#wire.push(bytes)) this.#hasRoom = false;
  }

  sendFile(file: FileRange): void {
    const head = this.host.outbox.take(this);
    this.#pushed += file.length + (head?.length ?? 0);
    if (!this.#wire.pushFile!(file, head)) this.#hasRoom = false;
  }

  abort(error: Error): void {
    this.#isClosing = true;
    this.#wire.abort(error);
  }

  /** The server drains: what is under way is answered, and the connection ends behind it. */
  drain(): void {
    this.#isDraining = true;
    this.host.drain();
  }

  onQuiet(): void {
    if (this.#isDraining) this.#endIdle();
  }

  #endIdle(): void {
    if (this.#exchange !== undefined || !this.#parser.isIdle) return;
    this.#isClosing = true;
    this.#advance();
  }

  look(now: number, passed: number): void {
    const { pending } = this.#wire;
    const received = this.#exchange?.received ?? 0;
    const overdue = this.#watch.look(now, passed, { pushed: this.#pushed, pending, received });
    if (overdue !== undefined) this.#onOverdue(overdue);
  }

  /** Parses and answers as far as it goes. Called again from within, it leaves the rest to the call that runs. */
  #advance(): void {
    if (this.#isAdvancing || this.#isDone) return;
    this.#isAdvancing = true;
    try {
      this.#complete();
      while (this.#mayParse) {
        const event = this.#parser.next();
        if (event === null) {
          this.#unparsed = 0;
          this.#isParsed = this.#hasEnded;
          break;
        }
        this.#take(event);
        this.#complete();
      }
    } catch (fault) {
      this.#onFault(fault);
    }
    this.#isAdvancing = false;
    this.host.outbox.flush(this);
    this.#settle();
  }

  get #mayParse(): boolean {
    if (this.#isClosing || this.#isDone || this.#takeover !== undefined) return false;
    return this.#exchange === undefined ? this.#hasRoom : this.#exchange.wantsInput;
  }

  #take(event: Http1Event): void {
    if (event.type === 'request') this.#begin(event);
    else if (event.type === 'data') this.#onBody(event.data);
    else if (event.type === 'end') this.#exchange!.onRequestEnd(event.trailers);
  }

  #begin(head: RequestHead): void {
    this.#requests++;
    this.host.counts.requests++;
    this.#watch.renew();
    // The end of what has no body: so that nothing of it is left when the answer takes the connection over.
    if (head.bodyLength === 0) this.#parser.next();
    this.#run(new Exchange(this, head)).start();
  }

  #run(exchange: Exchange): Exchange {
    this.#exchange = exchange;
    this.host.counts.active++;
    if (this.host.isObserved) exchange.note(performance.now());
    return exchange;
  }

  #onBody(data: Bytes): void {
    const exchange = this.#exchange!;
    exchange.onData(data);
    this.#watch.touch();
    if (!exchange.isOver) return;
    this.#discarded += data.length;
    if (this.#discarded > this.host.settings.discardLimit) this.#isClosing = true;
  }

  /** Whether the exchange at hand is over, and what follows. */
  #complete(): void {
    const exchange = this.#exchange;
    if (exchange === undefined || !exchange.isOver) return;
    if (exchange.answer.closes) this.#isClosing = true;
    if (!exchange.isReceived && !this.#isClosing) return;
    this.#exchange = undefined;
    this.#discarded = 0;
    this.#watch.renew();
    this.#tell(exchange);
  }

  #tell(exchange: Exchange): void {
    this.host.counts.active--;
    if (exchange.began > 0) tellOf(this.host, this.#connection, exchange);
  }

  #onFault(error: unknown): void {
    if (error instanceof Http1Error) this.#refuse(error.status, error);
    else this.abort(error instanceof Error ? error : new Error(String(error)));
  }

  #onOverdue(overdue: Overdue): void {
    const { settings } = this.host;
    const isSilent = overdue === 'idle' || (overdue === 'first' && this.#parser.isIdle);
    if (isSilent) this.#endIdle();
    else if (overdue === 'write')
      this.abort(late(`took nothing of an answer for ${settings.writeTimeout} ms`));
    else if (overdue === 'body') this.#refuse(408, late('sends the body of its request too slowly'));
    else if (overdue === 'handler') this.#refuse(503, new NetError('timeout', 'No answer was found in time'));
    else this.#refuse(408, late(`sent no whole head within ${settings.headerTimeout} ms`));
  }

  /** Answers in place of the handler. What still comes is not understood, or not waited for. */
  #refuse(status: number, error: Error): void {
    this.#exchange ??= this.#run(new Exchange(this, UNREAD));
    this.#isClosing = true;
    this.#exchange.refuse(status, error);
    this.#advance();
  }

  /** What is to be waited for, now that nothing more can be done. */
  #settle(): void {
    if (this.#isDone) return;
    if (this.#takeover !== undefined) {
      this.#handOver(this.#takeover);
      return;
    }
    this.#complete();
    if (this.#exchange === undefined && (this.#isClosing || this.#isParsed)) {
      if (this.#hasRoom) this.#finish();
      return;
    }
    this.#regulate();
    this.#watch.enter(this.#phase);
  }

  /** Leaves the wire alone while what came cannot be parsed yet, from a bound on. */
  #regulate(): void {
    const pauses = this.#unparsed >= READ_AHEAD && !this.#mayParse && !this.#isClosing;
    if (pauses === this.#isPaused) return;
    this.#isPaused = pauses;
    if (pauses) this.#wire.pause();
    else this.#wire.resume();
  }

  get #phase(): Phase {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      if (!this.#hasRoom) return 'nothing';
      if (this.#requests === 0) return 'first';
      return this.#parser.isIdle ? 'idle' : 'head';
    }
    if (exchange.wantsInput && !exchange.isHeldBack) return 'body';
    return exchange.answer.hasBegun ? 'nothing' : 'handler';
  }

  #handOver(takeover: Takeover): void {
    const rest = this.#parser.takeRest();
    this.#complete();
    this.host.counts.upgrades++;
    this.#leave();
    this.#connection.detach(rest);
    if (httpUpgrades.hasSubscribers)
      httpUpgrades.publish({ connection: this.#connection, protocol: this.#protocol });
    this.#onDone(takeover);
  }

  #finish(): void {
    this.#leave();
    this.#onDone(undefined);
  }

  #leave(): void {
    this.#isDone = true;
    this.host.outbox.drop(this);
    this.host.delete(this);
  }
}

function late(what: string): NetError {
  return new NetError('timeout', `The client ${what}`);
}
