/** The architectures: what more cores give, and what the parts of a server cost. */
import {
  type Bench,
  type Benchmark,
  type Case,
  loaded,
  type Peer,
  type Sample,
  type Target,
} from '../benchmark.ts';
import { spreadPeer } from '../peers.ts';
import { CPU, P50, P99 } from './columns.ts';

const HYBRID = 'hybrid, 2 threads';
const CLUSTER = 'node:cluster, 2 workers';
const REACTOR = 'reactor';
const RESULT_DEADLINE = 60_000;

/** Server and load share the cores here: nothing else could show what a second core gives. */
function loadedCase(name: string, handler: string, connections: number, targets: readonly Target[]): Case {
  return {
    name,
    unit: 'messages/s',
    peers: [
      spreadPeer(HYBRID, 'modnet-serve.ts', handler, 'hybrid', '2', 'threads'),
      spreadPeer('hybrid, 2 processes', 'modnet-serve.ts', handler, 'hybrid', '2', 'processes'),
      spreadPeer(REACTOR, 'modnet-serve.ts', handler, 'reactor'),
      spreadPeer(CLUSTER, 'node-cluster.ts', handler, '2'),
    ],
    subjects: [HYBRID],
    columns: [P50, P99, CPU],
    targets,
    measure: loaded({ mode: 'echo', connections, size: 64, depth: 1 }),
  };
}

/** Scripts that measure themselves and say so in a line. */
function ownCase(name: string, unit: string, peers: readonly Peer[], targets: readonly Target[]): Case {
  const subjects = targets.flatMap(({ subject, against }) => (against === undefined ? [] : [subject]));
  return { name, unit, peers, subjects, columns: [], targets, measure: measureItself };
}

async function measureItself(bench: Bench, peer: Peer): Promise<Sample> {
  const { child } = await bench.start(peer.launch());
  return JSON.parse(await child.line('result ', RESULT_DEADLINE)) as Sample;
}

export const architectures: Benchmark = {
  name: 'architectures',
  title: 'Server architectures. Server and load generator share all cores.',
  cases: [
    loadedCase('1 ms of work a message, 16 connections', 'burn', 16, [
      { subject: HYBRID, against: REACTOR, atLeast: 1.6 },
    ]),
    loadedCase('echo of 64 bytes, 50 connections', 'echo', 50, [
      { subject: HYBRID, against: CLUSTER, atLeast: 1.3 },
    ]),
    ownCase(
      'lock and unlock without contention',
      'ns',
      [
        spreadPeer('mutex', 'parts.ts', 'mutex'),
        spreadPeer('semaphore', 'parts.ts', 'semaphore'),
        spreadPeer('Atomics.add', 'parts.ts', 'atomics'),
      ],
      [{ subject: 'mutex', atMost: 60 }],
    ),
    ownCase(
      'from the accept to the handler in an idle thread of the pool, while another process connects, median',
      'µs',
      [spreadPeer('pool', 'parts.ts', 'pool')],
      [{ subject: 'pool', atMost: 30 }],
    ),
    ownCase(
      'from the accept to the handler in a thread of its own, median',
      'ms',
      [
        spreadPeer('thread, a spare one waits', 'parts.ts', 'thread'),
        spreadPeer('thread, none waits', 'parts.ts', 'cold-thread'),
        spreadPeer('bare Worker', 'parts.ts', 'worker'),
      ],
      [{ subject: 'thread, a spare one waits', against: 'bare Worker', atMost: 1.2 }],
    ),
  ],
};
