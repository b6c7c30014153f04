/** One client of a load: it connects, and again when its connection is over. It does not know the other clients. */
import { type Bytes, type HalfCloseable, NetError, toNetError } from '../../../core/index.ts';
import { connect } from '../../../transport/index.ts';
import type { Demand } from './demand.ts';
import { Dialogue, type Ending, type Setting } from './dialogue.ts';
import type { LoadPlan } from './options.ts';
import { SlowDialogue } from './slow-dialogue.ts';

/** Ms before connecting again after a connection that gave no answer, doubled each time up to the last. */
const FIRST_PAUSE = 10;
const LAST_PAUSE = 1_000;
/** Ms that a server has to end its half of a connection that a client has ended. */
const CLOSE_GRACE = 1_000;

/** What one client needs of the load. */
export interface ClientSetting extends Setting {
  readonly plan: LoadPlan;
  /** Ends whatever still connects. */
  readonly signal: AbortSignal;
  /** A connection, or an attempt at one, has failed. */
  onFailure(): void;
}

export class Client {
  readonly #setting: ClientSetting;
  readonly #request: Bytes;
  readonly #isSlow: boolean;
  #demand: Demand | undefined;
  #connection: HalfCloseable | undefined;
  #dialogue: Dialogue | undefined;
  #fruitless = 0;
  #stopped = false;

  constructor(setting: ClientSetting, request: Bytes, isSlow: boolean) {
    this.#setting = setting;
    this.#request = request;
    this.#isSlow = isSlow;
  }

  get demand(): Demand | undefined {
    return this.#demand;
  }

  get dialogue(): Dialogue | undefined {
    return this.#dialogue;
  }

  /**
   * Connects, without sending anything.
   * @throws NetError when that fails, which is counted
   */
  async open(): Promise<void> {
    const { clock, tally, plan, signal } = this.#setting;
    const { address, driver, connectTimeout } = plan;
    const from = clock.now();
    try {
      this.#connection = await connect(address, { driver, connectTimeout, signal, closeGrace: CLOSE_GRACE });
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const error = toNetError(thrown, `Cannot connect to ${address}`);
      tally.fail('connect', error);
      throw error;
    }
    tally.opened++;
    tally.connectLatency.record(clock.now() - from);
  }

  /** Sends from now on, as `demand` says. */
  begin(demand: Demand): void {
    this.#demand = demand;
    if (this.#connection === undefined) this.#reopenLater();
    else this.#converse(this.#connection, demand);
  }

  /** Sends what is due. */
  pump(now: number): void {
    this.#dialogue?.pump(now);
  }

  expire(now: number, timeout: number): void {
    this.#dialogue?.expire(now, timeout);
  }

  /** Nothing is sent or counted any more; the connection stays until `close`. */
  stop(): void {
    this.#stopped = true;
    this.#dialogue?.stop();
  }

  /** Ends the connection in order, within a second, and never rejects. */
  async close(): Promise<void> {
    this.stop();
    await this.#connection?.close().catch(() => {});
  }

  #converse(connection: HalfCloseable, demand: Demand): void {
    const onEnding = (ending: Ending): void => this.#onEnding(connection, ending);
    const { plan, clock } = this.#setting;
    this.#dialogue = this.#isSlow
      ? new SlowDialogue(this.#setting, connection, this.#request, demand, plan.slowInterval, onEnding)
      : new Dialogue(this.#setting, connection, this.#request, demand, onEnding);
    this.#dialogue.pump(clock.now());
  }

  #onEnding(connection: HalfCloseable, ending: Ending): void {
    this.#fruitless = this.#dialogue?.answered === 0 ? this.#fruitless + 1 : 0;
    this.#dialogue = undefined;
    // The next one waits for this one's end: a server that ends nothing would otherwise cost us every descriptor.
    connection
      .close()
      .catch(() => {})
      .then(() => this.#reopenLater())
      .catch(() => {});
    if (ending === 'lost') this.#setting.onFailure();
  }

  #reopenLater(): void {
    this.#connection = undefined;
    if (this.#stopped) return;
    if (this.#fruitless === 0) {
      this.#reopen();
      return;
    }
    const pause = Math.min(LAST_PAUSE, FIRST_PAUSE * 2 ** (this.#fruitless - 1));
    this.#setting.clock.after(pause, () => this.#reopen(), { background: true });
  }

  #reopen(): void {
    if (this.#stopped) return;
    this.open().then(
      () => this.#onReopened(),
      () => this.#onNotReopened(),
    );
  }

  #onReopened(): void {
    if (this.#stopped) this.#connection?.abort(new NetError('closed', 'The load has ended'));
    else this.#converse(this.#connection!, this.#demand!);
  }

  #onNotReopened(): void {
    if (this.#stopped) return;
    this.#fruitless++;
    this.#setting.onFailure();
    this.#reopenLater();
  }
}
