/** The two ends of a bulk stream, in blocking calls. Each runs in a thread of its own. */
import { Memory, readAt, SHUT_WR, sendAt, shutdown } from '../../../../kernel/index.ts';
import { must } from '../shared/sockets.ts';
import type { Done, Drain, Pour } from './tasks.ts';

/** Bytes of the reads that nobody measures. */
const LARGE = 256 * 1024;
/** Calls between looks at the clock: a look costs about a tenth of a small call. */
const CALLS_PER_LOOK = 16;

export function pour({ fd, size, limit, stop }: Pour): Done {
  const memory = new Memory(size);
  const begun = performance.now();
  let bytes = 0;
  let calls = 0;
  while (bytes < limit && Atomics.load(stop, 0) === 0) {
    bytes += must(sendAt(fd, memory.address, size), 'Cannot write to the stream');
    calls++;
  }
  const seconds = (performance.now() - begun) / 1000;
  must(shutdown(fd, SHUT_WR), 'Cannot end the stream');
  return { bytes, measured: { bytes, calls, seconds }, latencies: [] };
}

export function drain({ fd, size, seconds, stop }: Drain): Done {
  const memory = new Memory(Math.max(size, LARGE));
  // The first bytes start the clock: what is measured is a stream that flows.
  const first = must(readAt(fd, memory.address, size), 'Cannot read from the stream');
  const begun = performance.now();
  const end = begun + seconds * 1000;
  let bytes = 0;
  let calls = 0;
  let count = first;
  let now = begun;
  while (count > 0 && now < end) {
    count = must(readAt(fd, memory.address, size), 'Cannot read from the stream');
    bytes += count;
    if (++calls % CALLS_PER_LOOK === 0 || count > CALLS_PER_LOOK * 1024) now = performance.now();
  }
  const measured = { bytes, calls, seconds: (performance.now() - begun) / 1000 };
  Atomics.store(stop, 0, 1);
  return { bytes: first + bytes + drainRest(fd, memory, count), measured, latencies: [] };
}

function drainRest(fd: number, memory: Memory, last: number): number {
  let bytes = 0;
  for (let count = last; count > 0; ) {
    count = must(readAt(fd, memory.address, LARGE), 'Cannot read from the stream');
    bytes += count;
  }
  return bytes;
}
