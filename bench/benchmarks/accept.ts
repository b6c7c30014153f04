/** Connections accepted and closed. */
import { type Benchmark, type Case, loaded, type Target } from '../benchmark.ts';
import { bunPeer, epollPeer, nodePeer } from '../peers.ts';
import { CPU } from './columns.ts';

const UNDER_WAY = 64;
const SOURCES = 16;

function acceptCase(name: string, peers: Case['peers'], targets: readonly Target[]): Case {
  return {
    name,
    unit: 'connections/s',
    peers,
    subjects: [peers[0]!.name],
    columns: [CPU],
    targets,
    measure: loaded({ mode: 'accept', connections: UNDER_WAY, sources: SOURCES }),
  };
}

export const accept: Benchmark = {
  name: 'accept',
  title: `The server accepts and closes at once; ${UNDER_WAY} connections under way.`,
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
      [{ subject: 'modnet abort()', against: 'node:net resetAndDestroy()', atLeast: 1.2 }],
    ),
  ],
};
