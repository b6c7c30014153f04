/** How many clients a full queue takes, and what becomes of the others when the server accepts one, and then all. */
import { tcpInfo } from '../../../../kernel/index.ts';
import { type Counters, netCounters, tcpSockets } from '../shared/proc-net.ts';
import { Sockets } from '../shared/sockets.ts';
import { waitUntil } from '../shared/wait.ts';
import { type Client, Crowd } from './crowd.ts';

/** Milliseconds until those that hang must have tried again; Linux before 6.5 waits 1, 2 and 4 seconds between tries. */
const RETRY = 8000;

export interface Filled {
  readonly backlog: number;
  /** As the kernel capped it. */
  readonly capped: number;
  readonly clients: number;
  /** Clients that were connected after so many had tried; the first is one. */
  readonly progress: readonly number[];
  readonly connected: number;
  readonly hanging: number;
  /** Connections in the queue. */
  readonly waiting: number;
  /** By how much the counters of the kernel grew while the clients connected. */
  readonly overflows: number;
  readonly drops: number;
}

export interface Relieved extends Filled {
  /** Once the server had accepted a single connection and those that hung had tried again. */
  readonly afterOne: AfterOne;
  /** Accepted in the end, of all clients; those that the server knows nothing of never are. */
  readonly accepted: number;
  /** Seconds from the connect of the clients that hung until they were connected. */
  readonly waits: readonly number[];
  /** Seconds from the first accept until the last client was accepted; `null` if it never was. */
  readonly allAfter: number | null;
}

export interface AfterOne {
  /** Clients that hold themselves to be connected. */
  readonly connected: number;
  /** Connections in the queue of the server. */
  readonly waiting: number;
  /** Connections whose client is through with the handshake and whose server is not (SYN-RECEIVED). */
  readonly halfOpen: number;
  /** Connections that the server knows nothing of. */
  readonly nowhere: number;
  /** SYN cookies that the kernel sent meanwhile. */
  readonly cookies: number;
}

/**
 * Fills the queue one after another, so that the counters belong to it; relieves all at the same time.
 * @param late clients beyond those that the queue takes
 */
export async function fillQueues(
  backlogs: readonly number[],
  late: number,
  signal: AbortSignal,
): Promise<Relieved[]> {
  using sockets = new Sockets();
  const filled: [Crowd, Filled][] = [];
  for (const backlog of backlogs) {
    const crowd = new Crowd(sockets, backlog, signal);
    filled.push([crowd, await fill(crowd, backlog, late)]);
  }
  const relieved = await Promise.allSettled(filled.map(([crowd, found]) => relieve(crowd, found, signal)));
  signal.throwIfAborted();
  return relieved.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

async function fill(crowd: Crowd, backlog: number, late: number): Promise<Filled> {
  const { backlog: capped } = crowd.queue;
  const before = netCounters();
  const progress: number[] = [];
  for (let client = 0; client < capped + 1 + late; client++) {
    await crowd.connect();
    progress.push(crowd.connected);
  }
  const after = netCounters();
  const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
  return {
    backlog,
    capped,
    clients: crowd.clients.length,
    progress,
    connected: crowd.connected,
    hanging: crowd.hanging,
    waiting: crowd.queue.waiting,
    overflows: grown('ListenOverflows'),
    drops: grown('ListenDrops'),
  };
}

async function relieve(crowd: Crowd, filled: Filled, signal: AbortSignal): Promise<Relieved> {
  const late = crowd.clients.filter(({ after }) => after === null);
  const begun = performance.now();
  const before = netCounters();
  let accepted = crowd.accept(1);
  // All of them, so that those that connect at their first try again have not been counted too early.
  const hasTried = (client: Client) => crowd.look(client) || triesAgain(client.fd) > 0;
  await waitUntil(() => late.filter(hasTried).length === late.length, RETRY, signal);
  const afterOne = lookAfterOne(crowd, accepted, before);
  const isOver = () => {
    accepted += crowd.accept();
    return (
      late.filter((client) => crowd.look(client)).length === late.length &&
      accepted === filled.clients - afterOne.nowhere
    );
  };
  const isAll = await waitUntil(isOver, RETRY, signal);
  const allAfter = isAll ? (performance.now() - begun) / 1000 : null;
  const waits = late.flatMap(({ after }) => (after === null ? [] : [after]));
  return { ...filled, afterOne, accepted, waits, allAfter };
}

function lookAfterOne(crowd: Crowd, accepted: number, before: Counters): AfterOne {
  const { connected } = crowd;
  const { waiting } = crowd.queue;
  const halfOpen = tcpSockets().filter(
    ({ localPort, state }) => localPort === crowd.port && state === 'syn-received',
  ).length;
  const cookies = (netCounters().SyncookiesSent ?? 0) - (before.SyncookiesSent ?? 0);
  return { connected, waiting, halfOpen, nowhere: connected - accepted - waiting - halfOpen, cookies };
}

function triesAgain(fd: number): number {
  const info = tcpInfo(fd);
  return typeof info === 'number' ? 0 : info.retransmits;
}
