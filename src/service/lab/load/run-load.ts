/**
 * A load from a process of its own: what is measured shares neither a thread nor, where it can be had, a core with what
 * measures. It does not know how load is made.
 */
import type { Abortable, Address } from '../../../core/index.ts';
import { moduleBeside, NetError } from '../../../core/index.ts';
import { LabProcess } from '../processes/lab-process.ts';
import { type LoadOptions, planLoad } from './options.ts';
import type { LoadProgress, LoadResult } from './result.ts';

/** Ms that the generator has to hand over its result when it was told to stop: its connections end first. */
const STOP_GRACE = 5_000;

export interface RunLoadOptions extends Abortable {
  /** The core that it runs on, where taskset(1) is installed. Default: whichever the system chooses. */
  readonly core?: number | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Called with the id of the process, before it is told anything. */
  readonly onStart?: ((pid: number) => void) | undefined;
}

/** A result with where it came from. */
export interface RemoteLoadResult extends LoadResult {
  /** The core that the generator was pinned to, or `null`. */
  readonly core: number | null;
}

/** What the two processes say to each other. */
export type ToGenerator =
  | { readonly type: 'run'; readonly address: string; readonly options: LoadOptions }
  | { readonly type: 'stop' };
export type FromGenerator =
  | { readonly type: 'progress'; readonly progress: LoadProgress }
  | { readonly type: 'result'; readonly result: LoadResult }
  | { readonly type: 'failed'; readonly error: FailedError };

/** The parts of a `NetError`, which does not survive the way between processes. */
export interface FailedError {
  readonly code: NetError['code'];
  readonly message: string;
  readonly errno: string | undefined;
  readonly fault: NetError['fault'];
}

/**
 * As `load`, in a child process. The signal stops it early, and what it measured until then is the result. The child ends
 * with this process, however that ends.
 * @throws NetError as `load`; `broken`, which says how, when the child ended without a result
 */
export async function runLoad(
  address: Address | string,
  options: LoadOptions = {},
  { core, signal, onProgress, onStart }: RunLoadOptions = {},
): Promise<RemoteLoadResult> {
  // What is wrong with the options is said at once.
  const plan = planLoad(address, options);
  if (plan.address.scheme === 'memory')
    throw new NetError('unsupported', `Another process cannot reach ${plan.address}; use load() in this one`);
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
  const onMessage = (message: unknown): void => {
    const told = message as FromGenerator;
    if (told.type === 'progress') onProgress?.(told.progress);
    else if (told.type === 'result') resolve(told.result);
    else reject(new NetError(told.error.code, told.error.message, told.error));
  };
  const name = 'The load generator';
  await using child = new LabProcess(moduleBeside(import.meta.url, 'generator'), { name, core, onMessage });
  void child.ended.then(reject);
  if (child.pid !== undefined) onStart?.(child.pid);
  child.send({ type: 'run', address: String(plan.address), options } satisfies ToGenerator);
  using _ = stopping(child, signal);
  return { ...(await promise), core: child.core };
}

/** Tells the child to stop when the signal fires, and makes it end when it does not. */
function stopping(child: LabProcess, signal: AbortSignal | undefined): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.send({ type: 'stop' } satisfies ToGenerator);
    timer = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE);
  };
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return {
    [Symbol.dispose]() {
      signal?.removeEventListener('abort', stop);
      clearTimeout(timer);
    },
  };
}
