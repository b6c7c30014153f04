/** What a server runs for each connection, and how it is found when it is a module. It knows no architecture. */
import { fileURLToPath } from 'node:url';
import type { HalfCloseable } from '../core/index.ts';
import { NetError } from '../core/index.ts';
import type { Architecture } from './architecture.ts';
import { START } from './options.ts';

/**
 * Serves one connection. When it resolves the connection is closed in order, if it is still open; when it rejects the
 * connection is aborted and counted as failed, and nobody else's is touched. The same handler runs under every
 * architecture.
 */
export type Handler = (connection: HalfCloseable, context: Context) => Promise<void>;

export interface Context {
  readonly architecture: Architecture;
  /** Which worker this is, from 1; the number of one that has gone is given again. 0 where there are none. */
  readonly worker: number;
  /**
   * Aborts when the server drains: finish what was begun and return. At the drain deadline the connection is aborted.
   * A thread that blocks hears of it in the middle of a read or a write as well.
   */
  readonly signal: AbortSignal;
  /** `ServeOptions.shared`, as this worker has it. */
  readonly shared: unknown;
}

/**
 * The default export of the module.
 * @param timeout ms
 * @throws NetError `unsupported` that names the module: missing, broken, without a function, or never done loading
 */
export async function loadHandler(module: URL, timeout: number = START): Promise<Handler> {
  const name = nameOf(module);
  const exported = await withTimeout(load(module, name), name, timeout);
  if (typeof exported.default === 'function') return exported.default as Handler;
  const found = Object.keys(exported).join(', ') || 'nothing';
  throw new NetError(
    'unsupported',
    `The handler ${name} must export a function by default (\`export default async function …\`); it exports ${found}`,
  );
}

async function load(module: URL, name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(module.href)) as Record<string, unknown>;
  } catch (cause) {
    const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new NetError('unsupported', `The handler ${name} cannot be loaded: ${why}`, { cause });
  }
}

async function withTimeout<T>(loading: Promise<T>, name: string, timeout: number): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new NetError('timeout', `The handler ${name} was not loaded after ${timeout} ms`)),
    timeout,
  );
  try {
    return await Promise.race([loading, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function nameOf(module: URL): string {
  return module.protocol === 'file:' ? fileURLToPath(module) : module.href.slice(0, 100);
}
