/**
 * The process that `runLoad` starts: it makes the load that it is told to, says how it goes, and ends with its parent. It
 * does not know who asked.
 */
import { toNetError } from '../../../core/index.ts';
import { load } from './load.ts';
import type { LoadOptions } from './options.ts';
import type { LoadProgress } from './result.ts';
import type { FromGenerator, ToGenerator } from './run-load.ts';

const stop = new AbortController();

process.on('disconnect', () => process.exit());
// A Ctrl-C reaches the whole group; the parent decides what it means.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stop.abort());
process.on('message', (message: ToGenerator) => {
  if (message.type === 'stop') stop.abort();
  else void run(message.address, message.options);
});

async function run(address: string, options: LoadOptions): Promise<void> {
  const onProgress = (progress: LoadProgress): void => tell({ type: 'progress', progress });
  try {
    finish({ type: 'result', result: await load(address, options, { signal: stop.signal, onProgress }) });
  } catch (thrown) {
    const { code, message, errno, fault } = toNetError(thrown, `Cannot put load on ${address}`);
    finish({ type: 'failed', error: { code, message, errno, fault } });
  }
}

/** Its last words: the channel closes once they are through. */
function finish(message: FromGenerator): void {
  process.send?.(message, undefined, undefined, () => process.disconnect?.());
}

function tell(message: FromGenerator): void {
  process.send?.(message);
}
