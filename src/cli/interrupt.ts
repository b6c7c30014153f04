/** Ctrl-C and SIGTERM as an `AbortSignal`: the first asks the program to end in order, a later one ends it at once. */
import { EXIT, Interrupted } from './exit.ts';

/**
 * Milliseconds in which a repeated signal counts as the same one. A Ctrl-C reaches the whole process group, and
 * npm and `bin/modnet.js` forward it once more.
 */
const SAME_SIGNAL_MS = 300;

let interruption: AbortController | undefined;

/** Aborts, with `Interrupted` as the reason, on the first SIGINT or SIGTERM. To rethrow the reason exits with 130. */
export function onInterrupt(): AbortSignal {
  if (interruption !== undefined) return interruption.signal;
  const controller = new AbortController();
  interruption = controller;
  let first = 0;
  const interrupt = (): void => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort(new Interrupted());
    } else if (performance.now() - first > SAME_SIGNAL_MS) {
      process.exit(EXIT.interrupted);
    }
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
