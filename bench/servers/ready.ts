/** What every measured server in TypeScript does: say its port, tell its memory when asked, end when told. */
import { setTimeout as sleep } from 'node:timers/promises';

/** V8's, with `--expose-gc`, or Bun's. */
const collect: (options?: object) => void =
  typeof Bun === 'undefined' ? (globalThis.gc as never) : () => Bun.gc(true);

/** Prints `ready PORT`. On SIGUSR2 collects garbage and prints `memory JSON`; ends on SIGTERM. */
export function ready(port: number): void {
  process.on('SIGTERM', () => process.exit(0));
  process.on('SIGUSR2', () => void tellMemory());
  console.log(`ready ${port}`);
}

/** Twice, with a pause: what finalizers free is only free after the second. */
async function tellMemory(): Promise<void> {
  for (let time = 0; time < 2; time++) {
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    await sleep(200);
  }
  const { heapUsed, external } = process.memoryUsage();
  console.log(`memory ${JSON.stringify({ heap: heapUsed + external })}`);
}
