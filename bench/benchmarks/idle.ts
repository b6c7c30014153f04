/** Memory of a connection on which nothing happens. */
import type { Bench, Benchmark, Case, Peer, Sample, Server, Target } from '../benchmark.ts';
import { bunPeer, epollPeer, nodePeer } from '../peers.ts';
import { amount } from '../statistics.ts';

const PUSH = 'modnet push';
const PULL = 'modnet pull';
const CONNECTIONS = 10_000;
const SMOKE_CONNECTIONS = 500;
/** Opened and closed first, so that what is allocated once is not taken for a connection's. */
const FIRST_CONNECTIONS = 200;
const HOLD_DEADLINE = 60_000;
const TELL_DEADLINE = 10_000;

interface Memory {
  readonly resident: number;
  /** Absent where the peer has no collected heap. */
  readonly heap?: number;
}

async function measure(bench: Bench, peer: Peer): Promise<Sample> {
  const count = bench.smoke ? SMOKE_CONNECTIONS : CONNECTIONS;
  const server = await bench.start(peer.launch());
  const first = bench.startLoad({ mode: 'idle', connections: FIRST_CONNECTIONS }, server.port);
  await first.line('held', HOLD_DEADLINE);
  await first.stop();
  const before = await memoryOf(server, peer);
  const load = bench.startLoad({ mode: 'idle', connections: count }, server.port);
  await load.line('held', HOLD_DEADLINE);
  const after = await memoryOf(server, peer);
  const heap = (after.heap ?? Number.NaN) - (before.heap ?? Number.NaN);
  return {
    value: (after.resident - before.resident) / count,
    ...(Number.isNaN(heap) ? {} : { heap: heap / count }),
  };
}

async function memoryOf(server: Server, peer: Peer): Promise<Memory> {
  if (peer.name === 'C') return { resident: server.child.residentBytes() };
  server.child.signal('SIGUSR2');
  const told = JSON.parse(await server.child.line('memory ', TELL_DEADLINE)) as { heap: number };
  return { resident: server.child.residentBytes(), heap: told.heap };
}

function targetsOf(subject: string): Target[] {
  return [
    { subject, atMost: 4096 },
    { subject, against: 'node:net', atMost: 0.5 },
  ];
}

const connections: Case = {
  name: `${CONNECTIONS.toLocaleString('en-US')} connections`,
  unit: 'bytes per connection',
  peers: [
    nodePeer(PUSH, 'modnet-tcp.ts', 'echo-push', 'kernel'),
    nodePeer(PULL, 'modnet-tcp.ts', 'echo-pull', 'kernel'),
    nodePeer('node:net', 'node-tcp.ts', 'echo'),
    epollPeer('echo'),
    bunPeer('bun-tcp.ts', 'echo'),
    nodePeer('modnet push, node driver', 'modnet-tcp.ts', 'echo-push', 'node'),
  ],
  subjects: [PUSH, PULL],
  columns: [{ key: 'heap', title: 'of it heap and external', format: amount }],
  targets: [...targetsOf(PUSH), ...targetsOf(PULL)],
  measure,
};

export const idle: Benchmark = {
  name: 'idle',
  title:
    'Growth of the resident memory of the server, after garbage collection, over connections that have echoed one message each.',
  cases: [connections],
};
