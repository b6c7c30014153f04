/** Waiting for something that the kernel does by itself and reports to nobody: looking again and again, within a bound. */
import { setImmediate, setTimeout } from 'node:timers/promises';

/** Looks that follow each other at once; nearly everything on loopback is so before they are over. */
const QUICK_LOOKS = 20;

/**
 * Whether `isSo` became true.
 * @param milliseconds the bound; a look is made every millisecond
 * @throws the reason of `signal`
 */
export async function waitUntil(
  isSo: () => boolean,
  milliseconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + milliseconds;
  for (let looks = 0; ; looks++) {
    signal.throwIfAborted();
    if (isSo()) return true;
    if (performance.now() >= end) return false;
    await (looks < QUICK_LOOKS ? setImmediate() : setTimeout(1));
  }
}
