/** Bulk streams in one direction. */
import { type Benchmark, type Case, loaded } from '../benchmark.ts';
import { bunPeer, epollPeer, nodePeer } from '../peers.ts';
import { CPU } from './columns.ts';

const PUSH = 'modnet push';
const PULL = 'modnet pull';
const CONNECTIONS = 4;

function streamCase(name: string, server: 'discard' | 'source', mode: 'send' | 'receive'): Case {
  return {
    name,
    unit: 'MB/s',
    peers: [
      nodePeer(PUSH, 'modnet-tcp.ts', `${server}-push`, 'kernel'),
      nodePeer(PULL, 'modnet-tcp.ts', `${server}-pull`, 'kernel'),
      nodePeer('node:net', 'node-tcp.ts', server),
      epollPeer(server),
      bunPeer('bun-tcp.ts', server),
      nodePeer('modnet push, node driver', 'modnet-tcp.ts', `${server}-push`, 'node'),
    ],
    subjects: [PUSH, PULL],
    columns: [CPU],
    targets: [],
    measure: loaded({ mode, connections: CONNECTIONS, size: 256 * 1024 }),
  };
}

export const throughput: Benchmark = {
  name: 'throughput',
  title: `A bulk stream on each of ${CONNECTIONS} connections.`,
  cases: [
    streamCase('the server receives', 'discard', 'send'),
    streamCase('the server sends', 'source', 'receive'),
  ],
};
