/**
 * One connection of a client: it sends requests as they are due, and times their answers. It does not know what happens
 * when the connection is over.
 */
import {
  type Bytes,
  type Clock,
  type HalfCloseable,
  NetError,
  type Receiver,
  toNetError,
  type Wire,
} from '../../../core/index.ts';
import { type Answers, answersOf } from './answers.ts';
import { type Demand, NOT_DUE } from './demand.ts';
import type { Answer } from './options.ts';
import { PeerEnded, type Tally } from './tally.ts';

/** Answers over a transport that never leaves JavaScript, before timers and other clients have their turn. */
const MEMORY_TURN = 64;

/** What all connections of a load have in common. */
export interface Setting {
  readonly clock: Clock;
  readonly tally: Tally;
  readonly answer: Answer;
  readonly depth: number;
  readonly perConnection: number;
  /** The transport delivers in microtasks, which run before anything else, and hands its chunks through uncopied. */
  readonly inMemory: boolean;
}

/** `done`: it has sent and got all that it was to. */
export type Ending = 'done' | 'lost';

export class Dialogue implements Receiver {
  protected readonly setting: Setting;
  protected readonly request: Bytes;
  protected readonly wire: Wire;
  readonly #connection: HalfCloseable;
  readonly #demand: Demand;
  readonly #onEnding: (ending: Ending) => void;
  readonly #answers: Answers;
  /** Of the requests under way, as rings: from when the latency counts, and when it was sent. */
  readonly #since: Float64Array;
  readonly #sentAt: Float64Array;
  #first = 0;
  #underWay = 0;
  #left: number;
  #answered = 0;
  #isFull = false;
  #isOver = false;

  /** @param onEnding called once, unless `stop` came first */
  constructor(
    setting: Setting,
    connection: HalfCloseable,
    request: Bytes,
    demand: Demand,
    onEnding: (ending: Ending) => void,
  ) {
    this.setting = setting;
    this.request = request;
    this.#connection = connection;
    this.#demand = demand;
    this.#onEnding = onEnding;
    this.#answers = answersOf(setting.answer, request);
    this.#since = new Float64Array(setting.depth);
    this.#sentAt = new Float64Array(setting.depth);
    this.#left = setting.perConnection;
    this.wire = connection.attach(this);
  }

  get answered(): number {
    return this.#answered;
  }

  get underWay(): number {
    return this.#underWay;
  }

  /** Since when the oldest request is under way, or `NOT_DUE`. */
  get oldest(): number {
    return this.#underWay === 0 ? NOT_DUE : this.#since[this.#first]!;
  }

  protected get isOver(): boolean {
    return this.#isOver;
  }

  /** The requests are slow clients': counted apart. */
  protected get isSlow(): boolean {
    return false;
  }

  /** Sends what is due, as far as the pipeline goes. */
  pump(now: number): void {
    while (!this.#isFull && !this.#isOver && this.#underWay < this.setting.depth && this.#left > 0) {
      const since = this.#demand.take(now);
      if (since === NOT_DUE) return;
      this.#left--;
      this.#add(since, now);
      this.send();
    }
  }

  /** Gives up when the oldest request was sent so many ms ago. */
  expire(now: number, timeout: number): void {
    if (this.#isOver || this.#underWay === 0 || now - this.#sentAt[this.#first]! < timeout) return;
    const late = new NetError('timeout', `No answer came within ${timeout} ms`);
    this.#lose(late);
    this.#connection.abort(late);
  }

  /** Nothing is sent or counted any more. */
  stop(): void {
    this.#isOver = true;
  }

  onData(chunk: Bytes): void {
    if (this.#isOver) return;
    const { tally, clock, inMemory } = this.setting;
    tally.received += chunk.length;
    const complete = this.#take(chunk);
    tally.wrong += this.#answers.wrong;
    if (complete === 0) {
      this.#expectNone(chunk);
      return;
    }
    const now = clock.now();
    for (let count = complete; count > 0; count--) this.#finish(now);
    if (this.#left === 0 && this.#underWay === 0) this.#end('done');
    else if (this.#demand.pause > 0) this.#think();
    else if (inMemory && this.#answered % MEMORY_TURN < complete) setImmediate(() => this.pump(clock.now()));
    else this.pump(now);
  }

  onDrain(): void {
    this.#isFull = false;
    this.pump(this.setting.clock.now());
  }

  onEnd(): void {
    if (this.#isOver) return;
    this.#lose(this.#underWay === 0 ? undefined : new PeerEnded());
  }

  onClose(reason?: Error): void {
    if (this.#isOver) return;
    this.#lose(reason ?? (this.#underWay === 0 ? undefined : new PeerEnded()));
  }

  /** Hands the request to the wire. */
  protected send(): void {
    this.push(this.request);
  }

  protected push(bytes: Bytes): void {
    this.setting.tally.sent += bytes.length;
    if (!this.wire.push(this.setting.inMemory ? bytes.slice() : bytes)) this.#isFull = true;
  }

  /** The deadline of the newest request counts from now. */
  protected restartDeadline(): void {
    const last = (this.#first + this.#underWay - 1) % this.setting.depth;
    this.#sentAt[last] = this.setting.clock.now();
  }

  #add(since: number, now: number): void {
    const at = (this.#first + this.#underWay) % this.setting.depth;
    this.#since[at] = since;
    this.#sentAt[at] = now;
    this.#underWay++;
  }

  #finish(now: number): void {
    if (this.#underWay === 0) {
      // An answer that nobody asked for.
      this.setting.tally.wrong++;
      return;
    }
    this.setting.tally.answer(now - this.#since[this.#first]!, this.isSlow);
    this.#first = (this.#first + 1) % this.setting.depth;
    this.#underWay--;
    this.#answered++;
  }

  #take(chunk: Bytes): number {
    try {
      return this.#answers.take(chunk);
    } catch (thrown) {
      const error = toNetError(thrown, 'The answer broke the framing');
      this.#lose(error);
      this.#connection.abort(error);
      return 0;
    }
  }

  /** A part of an answer is fine while one is due. */
  #expectNone(chunk: Bytes): void {
    if (this.#underWay === 0 && chunk.length > 0 && !this.#isOver) this.setting.tally.wrong++;
  }

  #think(): void {
    this.#demand.hold();
    this.setting.clock.after(
      this.#demand.pause,
      () => {
        this.#demand.release();
        this.pump(this.setting.clock.now());
      },
      { background: true },
    );
  }

  /** Everything under way fails for the same reason; a reset while nothing was is a failure as well. */
  #lose(reason: Error | undefined): void {
    if (reason !== undefined) this.setting.tally.fail('request', reason, Math.max(1, this.#underWay));
    this.setting.tally.lost++;
    this.#underWay = 0;
    this.#end('lost');
  }

  #end(ending: Ending): void {
    this.#isOver = true;
    this.#onEnding(ending);
  }
}
