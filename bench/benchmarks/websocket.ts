/** WebSocket: the cost of a message, and of a room. */
import { type Benchmark, type Case, loaded, type Peer, type Target } from '../benchmark.ts';
import { bunPeer, nodePeer } from '../peers.ts';
import { CPU, LOST, P50, P99 } from './columns.ts';

const PUSH = 'modnet push';
const PULL = 'modnet pull';
const ROOM = 'modnet';
const WS = 'ws';
const CONNECTIONS = 50;
const MEMBERS = 1000;
const SENDERS = 8;

function echoCase(name: string, size: number, depth: number, targets: readonly Target[]): Case {
  return {
    name,
    unit: 'messages/s',
    peers: [
      nodePeer(PUSH, 'modnet-ws.ts', 'echo-push', 'kernel'),
      nodePeer(PULL, 'modnet-ws.ts', 'echo-pull', 'kernel'),
      nodePeer(WS, 'ws-ws.ts', 'echo'),
      bunPeer('bun-ws.ts', 'echo'),
      nodePeer('modnet push, node driver', 'modnet-ws.ts', 'echo-push', 'node'),
    ],
    subjects: [PUSH],
    columns: [P50, P99, CPU],
    targets,
    measure: loaded({ mode: 'ws-echo', connections: CONNECTIONS, size, depth }),
  };
}

function roomCase(name: string, depth: number, targets: readonly Target[]): Case {
  const peers: readonly Peer[] = [
    nodePeer(ROOM, 'modnet-ws.ts', 'room', 'kernel'),
    nodePeer(WS, 'ws-ws.ts', 'room'),
    bunPeer('bun-ws.ts', 'room'),
    nodePeer('modnet, node driver', 'modnet-ws.ts', 'room', 'node'),
  ];
  return {
    name,
    unit: 'deliveries/s',
    peers,
    subjects: [ROOM],
    columns: [LOST, CPU],
    targets,
    measure: loaded({
      mode: 'ws-room',
      connections: MEMBERS,
      senders: SENDERS,
      depth,
      size: 64,
      sources: 8,
    }),
  };
}

export const websocket: Benchmark = {
  name: 'websocket',
  title: `WebSocket, text messages without compression. Echo: ${CONNECTIONS} connections. Room: what one of ${SENDERS} senders says is sent to ${MEMBERS.toLocaleString('en-US')} sockets, with a fixed number of messages under way; every message that a socket receives is a delivery.`,
  cases: [
    // Two system calls a message are most of it, for everybody: see the echo over TCP.
    echoCase('echo, 64 bytes', 64, 1, [{ subject: PUSH, against: WS, atLeast: 2 }]),
    echoCase('echo, 64 bytes, 16 under way', 64, 16, [{ subject: PUSH, against: WS, atLeast: 2 }]),
    echoCase('echo, 16 KiB', 16 * 1024, 1, []),
    roomCase('room, 32 under way', 32, [{ subject: ROOM, against: WS, atLeast: 3 }]),
    roomCase('room, 1 under way', 1, []),
  ],
};
