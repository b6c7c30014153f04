/** The seven ways to arrange a server. */

/**
 * - `serial`: one connection at a time
 * - `process`: one child process a connection, with a cap
 * - `thread`: one worker thread a connection, blocking calls, with a cap
 * - `prefork`: N processes that accept from one listening socket, one connection each at a time
 * - `pool`: one acceptor, N blocking threads, a bounded queue between them
 * - `reactor`: one event loop
 * - `hybrid`: N event loops on one port
 */
export type Architecture = 'serial' | 'process' | 'thread' | 'prefork' | 'pool' | 'reactor' | 'hybrid';

export const ARCHITECTURES: readonly Architecture[] = [
  'serial',
  'process',
  'thread',
  'prefork',
  'pool',
  'reactor',
  'hybrid',
];

/** Those whose handler runs in another thread or process, and is therefore named by the URL of its module. */
export function runsElsewhere(architecture: Architecture): boolean {
  return architecture !== 'serial' && architecture !== 'reactor';
}
