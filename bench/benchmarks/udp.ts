/** Echo over UDP. */
import { type Benchmark, loaded } from '../benchmark.ts';
import { bunPeer, epollPeer, nodePeer } from '../peers.ts';
import { CPU, LOST, P50, P99 } from './columns.ts';

const PUSH = 'modnet push';
const SOCKETS = 8;
const WINDOW = 16;

export const udp: Benchmark = {
  name: 'udp',
  title: `Echo over UDP. ${SOCKETS} sockets with ${WINDOW} datagrams under way each.`,
  cases: [
    {
      name: '64 bytes',
      unit: 'datagrams/s',
      peers: [
        nodePeer(PUSH, 'modnet-udp.ts', 'kernel'),
        nodePeer('node:dgram', 'node-udp.ts'),
        nodePeer('node:dgram, own lookup', 'node-udp.ts', 'no-lookup'),
        epollPeer('udp'),
        bunPeer('bun-udp.ts'),
        nodePeer('modnet push, node driver', 'modnet-udp.ts', 'node'),
      ],
      subjects: [PUSH],
      columns: [LOST, P50, P99, CPU],
      targets: [{ subject: PUSH, against: 'node:dgram', atLeast: 1.9 }],
      measure: loaded({ mode: 'udp', connections: SOCKETS, depth: WINDOW, size: 64 }),
    },
  ],
};
