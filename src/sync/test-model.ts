/**
 * Runs the real code of the primitives in model threads, through every interleaving of their atomic operations.
 *
 * It knows no primitive. While it explores, the functions of the global `Atomics` are its own, so there is no copy of an
 * algorithm, and nothing in the code for the sake of tests. A model thread is a plain function. To take one step of it,
 * the function runs from its beginning with the results that it saw before, executes one more operation on the memory
 * of the state, and is stopped at the next by an exception. What a thread knows is a function of the results that it saw, so
 * results, memory and who sleeps are the whole state; states that were seen are not explored again. Reads and writes
 * without Atomics go through a proxy; they belong to the step before them.
 *
 * Of a thread that sleeps without a timeout only the place in the code is remembered, not what it saw before: nothing
 * in this folder keeps anything across a sleep but what the call was given, since all of it looks again afterwards.
 */

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
  /** `turn`: it has come back to its event loop. */
  readonly status: 'ready' | 'asleep' | 'timed' | 'woken' | 'turn' | 'abortable' | 'ended';
  /** The `waitAsync`es that were notified and have not run. */
  readonly notified: readonly number[];
}

interface State {
  readonly memory: Int32Array;
  readonly sleepers: readonly Sleeper[];
  readonly locals: readonly Local[];
  readonly trace: { readonly step: string; readonly before: State['trace'] } | null;
}

const UNTRACKED = Int32Array;

/** Stops a model thread. Not an Error: it is thrown millions of times. */
const STOP = { stop: true };

let running: Explorer | null = null;

/** The constructors are those of the model meanwhile. */
function build<T>(make: () => T): T {
  const { Int32Array: words, Uint8Array: bytes } = globalThis;
  Object.assign(globalThis, { Int32Array: tracked(words), Uint8Array: tracked(bytes) });
  try {
    return make();
  } finally {
    Object.assign(globalThis, { Int32Array: words, Uint8Array: bytes });
  }
}

/** Builds primitives inside a thread, in no steps: for those that keep something per thread. */
export function buildInside<T>(make: () => T): T {
  return running!.aside(() => build(make));
}

/**
 * A model thread comes back to its event loop, where one `waitAsync` that was notified runs.
 * @param onAbort may be called instead, at any time
 * @returns whether it was called
 */
export function turn(onAbort?: () => void): boolean {
  return running!.turn(onAbort);
}

/** Says that something is wrong, also where an exception would be caught. */
export function fail(what: string): void {
  running!.failed ??= what;
}

/**
 * Explores all there is, unless something is wrong.
 * @param setup makes the primitives
 */
export function explore(setup: () => Model): Exploration {
  const own = Object.getOwnPropertyDescriptors(Atomics);
  const explorer = new Explorer();
  running = explorer;
  Object.assign(Atomics, explorer.atomics());
  try {
    return explorer.run(buildInside(setup));
  } finally {
    Object.defineProperties(Atomics, own);
    running = null;
  }
}

function tracked<T extends Int32ArrayConstructor | Uint8ArrayConstructor>(type: T): T {
  return new Proxy(type, {
    construct(target, args, newTarget) {
      const view = Reflect.construct(target, args, newTarget);
      return args[0] instanceof SharedArrayBuffer ? new Proxy(view, ACCESS) : view;
    },
  });
}

const ACCESS: ProxyHandler<Int32Array | Uint8Array> = {
  get(target, key) {
    if (typeof key === 'string' && /^\d/.test(key)) {
      const read = (): number => target[Number(key)]!;
      return running === null ? read() : running.plain(read);
    }
    const value = Reflect.get(target, key, target);
    return typeof value === 'function' ? value.bind(target) : value;
  },
  set(target, key, value) {
    const write = (): number => {
      target[Number(key)] = value;
      return 0;
    };
    if (running === null) write();
    else running.plain(write, target.byteOffset + Number(key) * target.BYTES_PER_ELEMENT);
    return true;
  },
};

class Explorer {
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
  /** Where in the code the thread fell asleep. */
  #place = '';
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
    const local: Local = { operation: 0, seen: [], node: 0, status: 'ready', notified: [] };
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
      const fresh = this.#seen.slice(local.seen.length);
      let node = fresh.reduce((at: number, result) => this.#intern(`${at} ${result}`), local.node);
      if (this.#status === 'asleep' && !this.#isTimed) node = this.#intern(this.#place);
      return { ...local, seen: this.#seen, node, status: this.#status, notified };
    }
    const operation = local.operation + 1;
    const status = operation === this.#model.threads[this.#thread]!.length ? 'ended' : 'ready';
    return { operation, seen: [], node: 0, status, notified };
  }

  #intern(text: string): number {
    const known = this.#nodes.get(text);
    if (known !== undefined) return known;
    this.#nodes.set(text, this.#nodes.size + 1);
    return this.#nodes.size;
  }

  #key({ memory, sleepers, locals }: State): string {
    const words: string[] = [];
    for (const [index, word] of memory.entries()) if (word !== 0) words.push(`${index}:${word}`);
    const who = sleepers.map(({ thread, index, id }) => `${thread}@${index}${id === null ? '' : `#${id}`}`);
    const where = locals.map((l) => `${l.operation}.${l.node}${l.status}${l.notified}`);
    return `${words}|${who}|${where}`;
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
        return this.#operate(() => this.#wait(this.#at(words, index), value, timeout));
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
    Error.stackTraceLimit = 40;
    this.#place = new Error().stack!;
    Error.stackTraceLimit = 10;
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
