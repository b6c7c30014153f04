/** Connections accepted and closed. */
import type { Bench, Benchmark, Case, Peer, Sample, Target } from '../benchmark.ts';
import { bunPeer, epollPeer, nodePeer } from '../peers.ts';
import { CPU } from './columns.ts';

/** Below the backlog of every peer: Bun's is 512. */
const BURST = 500;

async function measure(bench: Bench, peer: Peer): Promise<Sample> {
  const server = await bench.start(peer.launch());
  const { pid } = server.child;
  return bench.finishLoad(bench.startLoad({ mode: 'accept', connections: BURST, pid }, server.port), server);
}

function acceptCase(name: string, peers: Case['peers'], targets: readonly Target[]): Case {
  return {
    name,
    unit: 'connections/s',
    peers,
    subjects: [peers[0]!.name],
    columns: [CPU],
    targets,
    measure,
  };
}

export const accept: Benchmark = {
  name: 'accept',
  title: `The server accepts and closes at once. In bursts of ${BURST} connections that wait in its backlog when it is let go.`,
  cases: [
    acceptCase(
      'orderly end',
      [
        nodePeer('modnet close()', 'modnet-tcp.ts', 'close', 'kernel'),
        nodePeer('node:net end()', 'node-tcp.ts', 'end'),
        nodePeer('node:net destroy()', 'node-tcp.ts', 'destroy'),
        epollPeer('accept'),
        bunPeer('bun-tcp.ts', 'end'),
        nodePeer('modnet close(), node driver', 'modnet-tcp.ts', 'close', 'node'),
      ],
      [{ subject: 'modnet close()', against: 'node:net end()', atLeast: 1.2 }],
    ),
    acceptCase(
      'reset',
      [
        nodePeer('modnet abort()', 'modnet-tcp.ts', 'abort', 'kernel'),
        nodePeer('node:net resetAndDestroy()', 'node-tcp.ts', 'reset'),
        nodePeer('modnet abort(), node driver', 'modnet-tcp.ts', 'abort', 'node'),
      ],
      [],
    ),
  ],
};
