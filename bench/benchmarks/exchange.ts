/** The exchange: what is said in one room, delivered to everybody in it. */
import { type Benchmark, type Case, loaded, type Target } from '../benchmark.ts';
import { nodePeer } from '../peers.ts';
import { CPU, LOST } from './columns.ts';

const KERNEL = 'modnet exchange';
const MEMBERS = 1000;
const SENDERS = 8;

function roomCase(name: string, depth: number, targets: readonly Target[]): Case {
  return {
    name,
    unit: 'deliveries/s',
    peers: [
      nodePeer(KERNEL, 'modnet-exchange.ts', 'kernel'),
      nodePeer('modnet exchange, node driver', 'modnet-exchange.ts', 'node'),
    ],
    subjects: [KERNEL],
    columns: [LOST, CPU],
    targets,
    measure: loaded({
      mode: 'fan',
      connections: MEMBERS,
      senders: SENDERS,
      depth,
      size: 64,
      sources: 8,
      hello: '/nick m%d\n',
    }),
  };
}

export const exchange: Benchmark = {
  name: 'exchange',
  title: `One room with ${MEMBERS.toLocaleString('en-US')} TCP members in the line door's text format. ${SENDERS} senders post lines of 64 bytes, with a fixed number of posts under way; every line that a member receives is a delivery. The history is written.`,
  cases: [
    roomCase('32 posts under way', 32, [{ subject: KERNEL, atLeast: 300_000 }]),
    roomCase('1 post under way', 1, []),
  ],
};
