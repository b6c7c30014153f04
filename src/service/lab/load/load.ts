/** Generates load on one address with any number of clients, and measures what comes back. */
import {
  type Abortable,
  type Address,
  type Clock,
  NetError,
  systemClock,
  type Timer,
} from '../../../core/index.ts';
import { Client, type ClientSetting } from './client.ts';
import { NOT_DUE, OnAnswer, OnSchedule } from './demand.ts';
import { checkDescriptors, type LoadOptions, type LoadPlan, planLoad } from './options.ts';
import { Pacer } from './pacer.ts';
import { Requests } from './request.ts';
import type { LoadProgress, LoadResult } from './result.ts';
import { Tally } from './tally.ts';

/** Attempts to connect at the same time. Precedent: the least backlog of listen(2) that Linux had as its limit, 128. */
const CONNECTING = 128;
/** Connections lost without a single answer, for each client, until it is pointless to go on. */
const FRUITLESS_ROUNDS = 5;
/** Deadlines are looked at so many times in their length. */
const SWEEPS = 10;
const PROGRESS_INTERVAL = 1_000;

export interface LoadControl extends Abortable {
  readonly clock?: Clock | undefined;
  /** Called every second. */
  /** Called when the measurement begins, and once a second. */
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

/**
 * Puts load on `address` for the time asked for. The signal ends it early, and the result is then that of the time until
 * there. Failures during the load are counted and end nothing.
 * @throws NetError when the first connection fails or descriptors run out, and as `planLoad`
 */
export async function load(
  address: Address | string,
  options: LoadOptions = {},
  control: LoadControl = {},
): Promise<LoadResult> {
  const plan = planLoad(address, options);
  checkDescriptors(plan);
  return new Load(plan, control).run();
}

class Load {
  readonly #plan: LoadPlan;
  readonly #control: LoadControl;
  readonly #clock: Clock;
  readonly #tally = new Tally();
  readonly #requests: Requests;
  readonly #clients: Client[];
  /** Those that follow the schedule come first. */
  readonly #paced: number;
  readonly #connecting = new AbortController();
  readonly #over = Promise.withResolvers<LoadResult['ended']>();
  readonly #timers = new Set<Timer>();
  #pacer: Pacer | undefined;
  #phase: LoadProgress['phase'] = 'warm-up';
  #phaseAt = 0;
  #dueBefore = 0;
  #failures = 0;
  #cpuBefore = process.cpuUsage();

  constructor(plan: LoadPlan, control: LoadControl) {
    this.#plan = plan;
    this.#control = control;
    this.#clock = control.clock ?? systemClock;
    this.#requests = new Requests(plan);
    this.#paced = plan.connections - plan.slowClients;
    const setting = this.#setting();
    this.#clients = Array.from(
      { length: plan.connections },
      (_, index) => new Client(setting, this.#requests.of(index), index >= this.#paced),
    );
  }

  async run(): Promise<LoadResult> {
    const { signal } = this.#control;
    const interrupt = (): void => this.#end('interrupted');
    signal?.addEventListener('abort', interrupt, { once: true });
    try {
      if (signal?.aborted) interrupt();
      this.#phaseAt = this.#clock.now();
      if (await this.#connectAll()) this.#begin();
      return this.#result(await this.#over.promise);
    } finally {
      signal?.removeEventListener('abort', interrupt);
      await this.#stop();
    }
  }

  #setting(): ClientSetting {
    const { answer, pipeline, perConnection, address } = this.#plan;
    return {
      plan: this.#plan,
      clock: this.#clock,
      tally: this.#tally,
      answer,
      depth: pipeline,
      perConnection,
      inMemory: address.scheme === 'memory',
      signal: this.#connecting.signal,
      onFailure: () => this.#onFailure(),
    };
  }

  /** The first alone: when nobody listens, one failure says it. `false` when it was interrupted. */
  async #connectAll(): Promise<boolean> {
    const [first, ...others] = this.#clients;
    try {
      await first!.open();
      const until = this.#clock.now() + this.#plan.connectTimeout;
      const workers = Array.from({ length: CONNECTING }, () => this.#connectSome(others, until));
      await Promise.all(workers);
    } catch (thrown) {
      if (!this.#connecting.signal.aborted) throw thrown;
    }
    return !this.#connecting.signal.aborted;
  }

  /** What is left at `until` connects while the others send: one slow listener does not hold up the rest for long. */
  async #connectSome(waiting: Client[], until: number): Promise<void> {
    for (let client = waiting.pop(); client !== undefined; client = waiting.pop()) {
      if (this.#clock.now() >= until) return;
      try {
        await client.open();
      } catch (thrown) {
        // It is counted, and the client tries again; but of descriptors there will be no more.
        if (this.#connecting.signal.aborted || (thrown as NetError).code === 'limit') throw thrown;
      }
    }
  }

  #begin(): void {
    const { warmup, timeout } = this.#plan;
    this.#phaseAt = this.#clock.now();
    this.#every(PROGRESS_INTERVAL, () => this.#tellProgress());
    this.#every(timeout / SWEEPS, () => this.#expire(timeout));
    if (warmup === 0) this.#measure();
    else this.#after(warmup, () => this.#measure());
    this.#startClients(this.#phaseAt);
  }

  #startClients(start: number): void {
    const { rate, think } = this.#plan;
    const paced = rate === null ? 0 : this.#paced;
    for (const client of this.#clients.slice(paced)) client.begin(new OnAnswer(think));
    if (rate === null) return;
    const step = 1000 / rate;
    const scheduled = this.#clients.slice(0, paced);
    for (const [index, client] of scheduled.entries())
      client.begin(new OnSchedule(start + index * step, step * paced));
    const pace = { start, step, count: paced };
    this.#pacer = new Pacer(this.#clock, this.#clock === systemClock, pace, (index, now) =>
      scheduled[index]!.pump(now),
    );
    this.#pacer.start();
  }

  #measure(): void {
    this.#phase = 'measurement';
    this.#phaseAt = this.#clock.now();
    this.#dueBefore = this.#pacer?.due ?? 0;
    this.#cpuBefore = process.cpuUsage();
    this.#pacer?.forgetWorst();
    this.#tally.beginMeasuring();
    this.#tellProgress();
    this.#after(this.#plan.duration, () => this.#end('duration'));
  }

  #expire(timeout: number): void {
    const now = this.#clock.now();
    for (const client of this.#clients) client.expire(now, timeout);
  }

  #onFailure(): void {
    this.#failures++;
    const isHopeless = this.#failures >= FRUITLESS_ROUNDS * this.#plan.connections;
    if (isHopeless && this.#tally.answered === 0) this.#end('no answers');
  }

  #end(how: LoadResult['ended']): void {
    this.#connecting.abort(new NetError('closed', 'The load has ended'));
    this.#over.resolve(how);
  }

  async #stop(): Promise<void> {
    this.#pacer?.stop();
    for (const timer of this.#timers) timer.cancel();
    this.#connecting.abort(new NetError('closed', 'The load has ended'));
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #result(ended: LoadResult['ended']): LoadResult {
    const now = this.#clock.now();
    for (const client of this.#clients) client.stop();
    const { address, connections, rate, pipeline, slowClients } = this.#plan;
    const { requests, sent, received, latency, slowLatency, connectLatency, ...tally } = this.#tally;
    const seconds = (now - this.#phaseAt) / 1000;
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    return {
      address: String(address),
      loop: rate === null ? 'closed' : 'open',
      connections,
      pipeline,
      requestBytes: this.#requests.of(0).length,
      ended,
      seconds,
      requests,
      throughput: seconds > 0 ? requests / seconds : 0,
      schedule: rate === null ? null : this.#schedule(rate),
      bytes: { sent, received },
      latency: latency.percentiles(),
      connect: { opened: tally.opened, lost: tally.lost, latency: connectLatency.percentiles() },
      errors: this.#tally.errors,
      wrong: tally.wrong,
      unfinished: this.#unfinished(now),
      slow:
        slowClients === 0
          ? null
          : { clients: slowClients, requests: tally.slowRequests, latency: slowLatency.percentiles() },
      generatorCpu: seconds > 0 ? (user + system) / 1e4 / seconds : 0,
      histograms: {
        latency: latency.toJSON(),
        connect: connectLatency.toJSON(),
        slow: slowLatency.toJSON(),
      },
    };
  }

  #schedule(rate: number): LoadResult['schedule'] {
    const due = this.#pacer?.due ?? 0;
    return { rate, due: due - this.#dueBefore, worstDelay: this.#pacer?.worst ?? 0 };
  }

  #unfinished(now: number): LoadResult['unfinished'] {
    let [underWay, queued, oldest] = [0, 0, 0];
    for (const { dialogue, demand } of this.#clients) {
      const waiting = demand?.waiting(now) ?? { count: 0, since: NOT_DUE };
      underWay += dialogue?.underWay ?? 0;
      queued += waiting.count;
      for (const since of [dialogue?.oldest ?? NOT_DUE, waiting.since])
        if (since !== NOT_DUE) oldest = Math.max(oldest, now - since);
    }
    return { underWay, queued, oldest };
  }

  #tellProgress(): void {
    const { requests, failed } = this.#tally;
    const of = (this.#phase === 'warm-up' ? this.#plan.warmup : this.#plan.duration) / 1000;
    const seconds = (this.#clock.now() - this.#phaseAt) / 1000;
    this.#control.onProgress?.({ phase: this.#phase, seconds, of, requests, errors: failed });
  }

  #after(delay: number, action: () => void): void {
    const timer = this.#clock.after(delay, () => {
      this.#timers.delete(timer);
      action();
    });
    this.#timers.add(timer);
  }

  #every(interval: number, action: () => void): void {
    this.#after(interval, () => {
      this.#every(interval, action);
      action();
    });
  }
}
