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

import { type Exploration, Explorer, type Model } from './test-explorer.ts';
import { build, watchAccess } from './test-tracked.ts';

export type { Exploration, Model, ModelThread } from './test-explorer.ts';

let running: Explorer | null = null;

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

/**
 * Says that a thread that comes back from a method keeps nothing of what it saw there: where it is in the code is all.
 * It makes many states one.
 */
export function forgetAfter<T extends object>(type: { prototype: T }, name: keyof T & string): void {
  const method = type.prototype[name] as (...args: unknown[]) => unknown;
  const replaced = function (this: T, ...args: unknown[]): unknown {
    const result = method.apply(this, args);
    running?.forget();
    return result;
  };
  Object.assign(type.prototype, { [name]: replaced });
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
  const { prepareStackTrace, stackTraceLimit } = Error;
  const explorer = new Explorer();
  running = explorer;
  watchAccess((access, written) => explorer.plain(access, written));
  Object.assign(Atomics, explorer.atomics());
  Error.stackTraceLimit = 20;
  Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getPosition()).join();
  try {
    return explorer.run(buildInside(setup));
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
    Object.defineProperties(Atomics, own);
    running = null;
    watchAccess(null);
  }
}
