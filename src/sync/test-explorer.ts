/** The search through all states of a model; see `test-model.ts`, which is how tests use it. */

/** One model thread: operations that keep nothing between them but what is in the shared memory. */
export type ModelThread = readonly (() => void)[];

export interface Model {
  /** All the memory there is. */
  readonly buffer: SharedArrayBuffer;
  readonly threads: readonly ModelThread[];
  /** Throws when a final state, in which all threads have ended, is wrong. */
  readonly check: () => void;
  /** Replaces operations, to break the code on purpose. */
  readonly broken?: { readonly notify?: () => number };
}

export interface Exploration {
  readonly states: number;
  /** Final states, in which all threads have ended. */
  readonly ends: number;
  /** What is wrong, and the threads in the order of their steps up to there; null when nothing is. */
  readonly failure: string | null;
}

/** States from which the exploration is given up. */
const MAX_STATES = 1_000_000;

type Result = number | string;

interface Sleeper {
  readonly thread: number;
  readonly index: number;
  /** Of a `waitAsync`: which one of its thread. */
  readonly id: number | null;
}

interface Local {
  readonly operation: number;
  /** What the operation has seen so far, and a number that stands for all of it. */
  readonly seen: readonly Result[];
  readonly node: number;
  /** Where it forgot what it had seen, and how much that was. */
  readonly place: string;
  readonly since: number;
  /** `turn`: it has come back to its event loop. */
  readonly status: 'ready' | 'asleep' | 'timed' | 'woken' | 'turn' | 'abortable' | 'ended';
  /** The `waitAsync`es that were notified and have not run. */
  readonly notified: readonly number[];
}

/** Of an operation that has not begun. */
const FRESH = { seen: [], node: 0, place: '', since: 0 };

interface State {
  readonly memory: Int32Array;
  readonly sleepers: readonly Sleeper[];
  readonly locals: readonly Local[];
  readonly trace: { readonly step: string; readonly before: State['trace'] } | null;
}

const UNTRACKED = Int32Array;

/** Stops a model thread. Not an Error: it is thrown millions of times. */
const STOP = { stop: true };

export class Explorer {
  #model!: Model;
  #memory: Int32Array = new Int32Array();
  readonly #nodes = new Map<string, number>();
  failed: string | null = null;
  /** Words that some step writes, as far as is known, and words that were taken for constant. */
  readonly #written = new Set<number>();
  readonly #constant = new Set<number>();
  /** A word that was taken for constant is not. */
  #isMistaken = false;

  /** The thread that runs, and what it does. */
  #thread = 0;
  #seen: Result[] = [];
  #position = 0;
  #canStep = false;
  #isAside = false;
  /** The step is over; whatever the code still does, on its way out, does not count. */
  #isStopped = false;
  #status: Local['status'] = 'ready';
  /** The operation has slept with a timeout. */
  #isTimed = false;
  /** Where in the code the thread forgot what it had seen, and how much it had seen there. */
  #place = '';
  #since = 0;
  /** How much it had seen before this step. */
  #known = 0;
  #sleepers: Sleeper[] = [];
  #locals: Local[] = [];
  #callbacks: (() => void)[] = [];

  run(model: Model): Exploration {
    this.#model = model;
    this.#memory = new Int32Array(model.buffer);
    const start = this.#memory.slice();
    for (;;) {
      this.#isMistaken = false;
      this.failed = null;
      const result = this.#explore(start);
      if (result !== null) return result;
    }
  }

  /** Null when it has to be done again, knowing more about which words change. */
  #explore(memory: Int32Array): Exploration | null {
    const local: Local = { ...FRESH, operation: 0, status: 'ready', notified: [] };
    const locals = this.#model.threads.map(() => local);
    const stack: State[] = [{ memory, sleepers: [], locals, trace: null }];
    const known = new Set([this.#key(stack[0]!)]);
    let ends = 0;
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      const steps = this.#steps(state);
      if (steps.length === 0) this.failed = this.#judge(state);
      if (steps.length === 0) ends++;
      for (const [thread, result] of steps) {
        const next = this.#step(state, thread, result);
        if (this.#isMistaken) return null;
        if (this.failed !== null) this.failed += `: ${pathOf(next)}`;
        if (this.failed !== null) break;
        const key = this.#key(next);
        if (known.has(key)) continue;
        if (known.size === MAX_STATES) throw new Error(`There are more than ${MAX_STATES} states`);
        known.add(key);
        stack.push(next);
      }
      if (this.failed !== null) break;
    }
    return { states: known.size, ends, failure: this.failed };
  }

  /** What can happen: a thread goes on, with a result where it waited for one. */
  #steps(state: State): [number, Result | null][] {
    // Waking up touches nothing that others see, so its place among their steps makes no difference.
    const woken = state.locals.findIndex(({ status }) => status === 'woken');
    if (woken >= 0) return [[woken, 'ok']];
    return state.locals.flatMap(({ status, notified }, thread): [number, Result | null][] => {
      if (status === 'ready') return [[thread, null]];
      if (status === 'timed') return [[thread, 'timed-out']];
      if (status !== 'turn' && status !== 'abortable') return [];
      const turns = notified.map((id): [number, Result] => [thread, id]);
      return status === 'abortable' ? [...turns, [thread, 'abort']] : turns;
    });
  }

  #judge(state: State): string | null {
    const stuck = state.locals.flatMap(({ status }, thread) => (status === 'ended' ? [] : [thread]));
    if (stuck.length > 0) return `Threads ${stuck} wait for ever: ${pathOf(state)}`;
    this.#memory.set(state.memory);
    try {
      this.aside(this.#model.check);
      return null;
    } catch (thrown) {
      return `${thrown}: ${pathOf(state)}`;
    }
  }

  #step(state: State, thread: number, result: Result | null): State {
    const local = state.locals[thread]!;
    this.#memory.set(state.memory);
    this.#sleepers = [...state.sleepers];
    this.#locals = [...state.locals];
    this.#thread = thread;
    this.#seen = [...local.seen];
    if (result !== null) this.#resume(local, result);
    this.#canStep = result === null;
    this.#position = 0;
    this.#isStopped = false;
    this.#isTimed = false;
    this.#place = local.place;
    this.#since = local.since;
    this.#known = local.seen.length;
    this.#status = 'ready';
    this.#callbacks = [];
    const isDone = this.#call(this.#model.threads[thread]![local.operation]!);
    this.#locals[thread] = this.#after(local, isDone);
    const step = `${thread}${result === null ? '' : `(${result})`}`;
    const trace = { step, before: state.trace };
    return { memory: this.#memory.slice(), sleepers: this.#sleepers, locals: this.#locals, trace };
  }

  #resume(local: Local, result: Result): void {
    this.#seen.push(result);
    if (result === 'timed-out')
      this.#sleepers = this.#sleepers.filter((s) => s.thread !== this.#thread || s.id !== null);
    const notified = local.notified.filter((id) => id !== result);
    this.#locals[this.#thread] = { ...local, notified };
  }

  /** False when it was stopped. */
  #call(operation: () => void): boolean {
    try {
      operation();
    } catch (thrown) {
      if (!this.#isStopped) this.failed ??= String(thrown);
    }
    return !this.#isStopped;
  }

  #after(local: Local, isDone: boolean): Local {
    const { notified } = this.#locals[this.#thread]!;
    if (!isDone) {
      let node = this.#place === '' ? 0 : this.#intern(this.#place);
      for (const result of this.#seen.slice(this.#since)) node = this.#intern(`${node} ${result}`);
      const [place, since] = [this.#place, this.#since];
      return { ...local, seen: this.#seen, node, place, since, status: this.#status, notified };
    }
    const operation = local.operation + 1;
    const status = operation === this.#model.threads[this.#thread]!.length ? 'ended' : 'ready';
    return { ...FRESH, operation, status, notified };
  }

  #intern(text: string): number {
    const known = this.#nodes.get(text);
    if (known !== undefined) return known;
    this.#nodes.set(text, this.#nodes.size + 1);
    return this.#nodes.size;
  }

  /** Threads that do the same may change places: states that differ in nothing else have one key. */
  #key({ memory, sleepers, locals }: State): string {
    const words: string[] = [];
    for (const [index, word] of memory.entries()) if (word !== 0) words.push(`${index}:${word}`);
    const asleep = (thread: number): string =>
      sleepers.flatMap((s, place) => (s.thread === thread ? `${place}@${s.index}#${s.id}` : [])).join();
    const where = locals.map(
      (l, thread) => `${l.operation}.${l.node}${l.status}${l.notified}~${asleep(thread)}`,
    );
    const { threads } = this.#model;
    const groups = threads.map((program, thread) => `${threads.indexOf(program)}=${where[thread]}`);
    return `${words}|${groups.sort().join(' ')}`;
  }

  /** Runs without steps. */
  aside<T>(action: () => T): T {
    const before = this.#isAside;
    this.#isAside = true;
    try {
      return action();
    } finally {
      this.#isAside = before;
    }
  }

  /** An atomic operation: seen before, or the one of this step, or the end of it. `null`: it waits for its result. */
  #operate(perform: () => Result | null): Result {
    if (this.#isAside) return perform() ?? 0;
    if (this.#position < this.#seen.length) return this.#seen[this.#position++]!;
    const result = this.#canStep ? perform() : null;
    this.#canStep = false;
    if (result === null) return this.#stop();
    this.#seen.push(result);
    this.#position++;
    return result;
  }

  /** From here on, where it is in the code says all that what it has seen so far matters for. */
  forget(): void {
    // On the way to where it was before, this has been done already.
    if (this.#isTimed || this.#isAside || this.#isStopped || this.#position <= this.#known) return;
    this.#fix();
  }

  #fix(): void {
    this.#place = new Error().stack!;
    this.#since = this.#seen.length;
  }

  #stop(): never {
    this.#isStopped = true;
    throw STOP;
  }

  /** An access without Atomics, which belongs to the step before it. */
  plain(access: () => number, written?: number): number {
    if (this.#isAside) return access();
    if (written !== undefined) this.#noteWrite(Math.floor(written / 4));
    if (this.#position < this.#seen.length) return this.#seen[this.#position++] as number;
    if (this.#isStopped) throw STOP;
    const result = access();
    this.#seen.push(result);
    this.#position++;
    return result;
  }

  turn(onAbort?: () => void): boolean {
    const result = this.#operate(() => {
      this.#status = onAbort === undefined ? 'turn' : 'abortable';
      return null;
    });
    if (result === 'abort') onAbort!();
    else this.#callbacks[result as number]!();
    return result === 'abort';
  }

  atomics(): Partial<typeof Atomics> {
    const change =
      (make: (before: number, value: number) => number, isSilent = false) =>
      (words: Int32Array, index: number, value: number) =>
        this.#operate(() => {
          const at = this.#at(words, index);
          const memory = this.#memoryOf(words);
          const before = memory[at]!;
          memory[at] = make(before, value);
          this.#noteWrite(at);
          return isSilent ? Number.NaN : before;
        });
    return {
      load: (words: Int32Array, index: number) => this.#load(words, this.#at(words, index)),
      store: change((_, value) => value, true),
      exchange: change((_, value) => value),
      add: change((before, value) => before + value, true),
      sub: change((before, value) => before - value, true),
      compareExchange: (words: Int32Array, index: number, expected: number, value: number) =>
        change((before) => (before === expected ? value : before))(words, index, 0),
      wait: (words: Int32Array, index: number, value: number, timeout = Number.POSITIVE_INFINITY) => {
        this.#isTimed ||= timeout !== Number.POSITIVE_INFINITY;
        const result = this.#operate(() => this.#wait(this.#at(words, index), value, timeout));
        this.forget();
        return result;
      },
      waitAsync: (words: Int32Array, index: number, value: number) => this.#waitAsync(words, index, value),
      notify: (words: Int32Array, index: number, count?: number) =>
        this.#operate(this.#model?.broken?.notify ?? (() => this.#notify(this.#at(words, index), count))),
    } as unknown as Partial<typeof Atomics>;
  }

  /** Loads of a word that nobody writes make no step: their place among the steps of others makes no difference. */
  #load(words: Int32Array, at: number): number {
    const read = (): number => this.#memoryOf(words)[at]!;
    if (this.#isAside || this.#written.has(at)) return this.#operate(read) as number;
    this.#constant.add(at);
    return this.plain(read);
  }

  #noteWrite(at: number): void {
    if (this.#isAside || this.#written.has(at)) return;
    this.#written.add(at);
    if (this.#constant.has(at)) this.#isMistaken = true;
  }

  /** While primitives are built, memory may be that of none of the threads. */
  #memoryOf({ buffer }: Int32Array): Int32Array {
    return buffer === this.#memory.buffer ? this.#memory : new UNTRACKED(buffer);
  }

  #at(words: Int32Array, index: number): number {
    return words.byteOffset / 4 + index;
  }

  #wait(index: number, value: number, timeout: number): Result | null {
    if (this.#memory[index] !== value) return 'not-equal';
    this.#sleepers.push({ thread: this.#thread, index, id: null });
    this.#status = timeout === Number.POSITIVE_INFINITY ? 'asleep' : 'timed';
    if (!this.#isTimed) this.#fix();
    return null;
  }

  #waitAsync(words: Int32Array, index: number, value: number) {
    const id = this.#callbacks.length;
    const at = this.#at(words, index);
    const result = this.#operate(() => {
      if (this.#memory[at] !== value) return 'not-equal';
      this.#sleepers.push({ thread: this.#thread, index: at, id });
      return 'async';
    });
    if (result === 'not-equal') return { async: false, value: result };
    this.#callbacks.push(() => {});
    const then = (callback: () => void): void => {
      this.#callbacks[id] = callback;
    };
    return { async: true, value: { then } };
  }

  /** Wakes those that sleep longest first (ECMA-262, Atomics.notify). Nothing here uses how many, so it is not told. */
  #notify(index: number, count = Number.POSITIVE_INFINITY): number {
    let woken = 0;
    this.#sleepers = this.#sleepers.filter((sleeper) => {
      if (sleeper.index !== index || woken === count) return true;
      woken++;
      const local = this.#locals[sleeper.thread]!;
      this.#locals[sleeper.thread] =
        sleeper.id === null
          ? { ...local, status: 'woken' }
          : { ...local, notified: [...local.notified, sleeper.id] };
      return false;
    });
    return 0;
  }
}

function pathOf({ trace }: State): string {
  const steps: string[] = [];
  for (let at = trace; at !== null; at = at.before) steps.push(at.step);
  return steps.reverse().join(' ');
}
