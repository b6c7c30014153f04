/** How long a client waits that came while the queue was full, by how long the server let it wait. */
import { tcpInfo } from '../../../../kernel/index.ts';
import { Sockets } from '../shared/sockets.ts';
import { waitUntil } from '../shared/wait.ts';
import { Crowd } from './crowd.ts';

/** Seconds from connect until a client is given up; the third try of older kernels comes after 7. */
const GIVE_UP = 9;

export interface Retried {
  /** Seconds after its connect at which the server made room. */
  readonly hold: number;
  /** Seconds from connect until it was connected; `null` if it never was. */
  readonly seconds: number | null;
  /** SYNs beyond the first. */
  readonly again: number;
}

/** One client and one full queue for each of `holds`, all at the same time. */
export async function retryAfter(holds: readonly number[], signal: AbortSignal): Promise<Retried[]> {
  using sockets = new Sockets();
  const tries = await Promise.allSettled(
    holds.map((hold) => retry(new Crowd(sockets, 0, signal), hold, signal)),
  );
  signal.throwIfAborted();
  return tries.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

async function retry(crowd: Crowd, hold: number, signal: AbortSignal): Promise<Retried> {
  await crowd.connect();
  const late = await crowd.connect();
  await waitUntil(() => performance.now() - late.begun >= hold * 1000, GIVE_UP * 1000, signal);
  crowd.accept();
  await waitUntil(() => crowd.look(late), (GIVE_UP - hold) * 1000, signal);
  const info = tcpInfo(late.fd);
  return { hold, seconds: late.after, again: typeof info === 'number' ? 0 : info.totalRetransmits };
}
