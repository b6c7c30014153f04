/** Echo over TCP: the cost of a message. */
import { type Benchmark, type Case, loaded, type Target } from '../benchmark.ts';
import { bunPeer, epollPeer, nodePeer } from '../peers.ts';
import { CPU, P50, P99 } from './columns.ts';

const PUSH = 'modnet push';
const PULL = 'modnet pull';
const CONNECTIONS = 50;

function echoCase(name: string, size: number, depth: number, targets: readonly Target[]): Case {
  return {
    name,
    unit: 'messages/s',
    peers: [
      nodePeer(PUSH, 'modnet-tcp.ts', 'echo-push', 'kernel'),
      nodePeer(PULL, 'modnet-tcp.ts', 'echo-pull', 'kernel'),
      nodePeer('node:net', 'node-tcp.ts', 'echo'),
      epollPeer('echo'),
      bunPeer('bun-tcp.ts', 'echo'),
      nodePeer('modnet push, node driver', 'modnet-tcp.ts', 'echo-push', 'node'),
      nodePeer('modnet pull, node driver', 'modnet-tcp.ts', 'echo-pull', 'node'),
    ],
    subjects: [PUSH, PULL],
    columns: [P50, P99, CPU],
    targets,
    measure: loaded({ mode: 'echo', connections: CONNECTIONS, size, depth }),
  };
}

export const echo: Benchmark = {
  name: 'echo',
  title: `Echo over TCP. ${CONNECTIONS} connections; each sends its next message when the last is back.`,
  cases: [
    echoCase('64 bytes', 64, 1, [
      { subject: PUSH, against: 'node:net', atLeast: 1.35 },
      { subject: PUSH, against: 'C', atLeast: 0.92 },
      { subject: PULL, against: 'node:net', atLeast: 1.2 },
    ]),
    echoCase('16 KiB', 16 * 1024, 1, [{ subject: PUSH, against: 'node:net', atLeast: 1.3 }]),
  ],
};
