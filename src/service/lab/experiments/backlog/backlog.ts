/** What clients see while nobody accepts. It knows which measurements belong together and what their results say. */
import { errnoName, listen, listenQueue } from '../../../../kernel/index.ts';
import type { Experiment, ExperimentOptions, Finding } from '../../finding.ts';
import { setting } from '../shared/proc-net.ts';
import { must, Sockets } from '../shared/sockets.ts';
import { type Blocked, blockOn } from './blocking.ts';
import { fillQueues, type Relieved } from './filling.ts';
import { type Capped, report } from './report.ts';
import { type Retried, retryAfter } from './retries.ts';

export interface BacklogParameters {
  readonly backlogs: readonly number[];
  /** Clients beyond those that a queue takes. */
  readonly late: number;
  /** Seconds after which a server makes room for one that hangs. */
  readonly holds: readonly number[];
  /** Seconds after which a server accepts a client that waits in connect(2). */
  readonly blockHold: number;
}

export interface BacklogResults {
  readonly filled: readonly Relieved[];
  readonly retried: readonly Retried[];
  readonly blocked: readonly Blocked[];
  readonly capped: readonly Capped[];
  readonly abortOnOverflow: number | null;
}

const QUICK: BacklogParameters = { backlogs: [1, 8], late: 4, holds: [0.5, 1.5], blockHold: 0.3 };
const FULL: BacklogParameters = { backlogs: [1, 8, 128], late: 8, holds: [0.5, 1.5, 3.5], blockHold: 0.3 };

/** Clients that a Unix socket and a TCP socket hold in the comparison, less one. */
const COMPARED = 2;

export const backlog: Experiment = {
  name: 'backlog',
  about: 'what clients see while nobody accepts: the accept queue, full',
  seconds: { full: 12, quick: 8 },
  run: (options) => runBacklog(options, options.quick ? QUICK : FULL),
};

/** The experiment with parameters of its own. */
export async function runBacklog(
  options: ExperimentOptions,
  parameters: BacklogParameters,
): Promise<Finding> {
  const { signal, progress } = options;
  signal.throwIfAborted();
  const capped = capBacklogs();
  progress(0, 4, `queues of ${parameters.backlogs.join(', ')} are filled`);
  const filled = await fillQueues(parameters.backlogs, parameters.late, signal);
  progress(1, 4, 'clients that hang try again');
  const retried = await retryAfter(parameters.holds, signal);
  progress(2, 4, 'a blocking connect to a full TCP queue');
  const tcp = await blockOn('TCP', COMPARED, parameters.blockHold, signal);
  progress(3, 4, 'a blocking connect to a full Unix queue');
  const unix = await blockOn('Unix', COMPARED, parameters.blockHold, signal);
  const abortOnOverflow = setting('net/ipv4/tcp_abort_on_overflow');
  return report({ filled, retried, blocked: [tcp, unix], capped, abortOnOverflow });
}

/** What listen(2) makes of numbers around net.core.somaxconn. */
function capBacklogs(): Capped[] {
  const most = setting('net/core/somaxconn') ?? 4096;
  return [0, 1, 511, most, most + 1, 1_000_000].map((asked) => {
    using sockets = new Sockets();
    const fd = sockets.tcp();
    must(listen(fd, asked), 'Cannot listen');
    const queue = listenQueue(fd);
    return { asked, given: typeof queue === 'number' ? errnoName(queue) : queue.backlog };
  });
}
