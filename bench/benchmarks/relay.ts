/** A bulk stream through a relay. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Benchmark, Launch, Peer, Sample } from '../benchmark.ts';
import { nodePeer, program } from '../peers.ts';
import { BUILD } from '../programs.ts';
import { CPU } from './columns.ts';

const RELAY = 'modnet relay';
const CONNECTIONS = 4;
const DEADLINE = 5000;

/** socat and haproxy take no port 0. */
const PORT = 20_000 + (process.pid % 10_000);

function socat(name: string, ...flags: string[]): Peer {
  const from = `TCP-LISTEN:${PORT},bind=127.0.0.1,reuseaddr,fork,nodelay`;
  const launch = (target?: number): Launch =>
    program('socat', (path) => [path, ...flags, from, `TCP:127.0.0.1:${target},nodelay`], PORT);
  return { name, launch };
}

const haproxy: Peer = {
  name: 'haproxy',
  launch: (target) => program('haproxy', (path) => [path, '-db', '-f', configure(target)], PORT),
};

/** One thread, and splice(2) where haproxy finds it worth while, as modnet's relay does. */
function configure(target: number | undefined): string {
  const file = join(BUILD, 'haproxy.cfg');
  mkdirSync(BUILD, { recursive: true });
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 256
defaults
  mode tcp
  option splice-auto
  timeout connect 5s
  timeout client 1m
  timeout server 1m
listen relay
  bind 127.0.0.1:${PORT}
  server target 127.0.0.1:${target}
`,
  );
  return file;
}

async function measure(bench: Bench, peer: Peer): Promise<Sample> {
  const load = bench.startLoad({ mode: 'relay', connections: CONNECTIONS, size: 256 * 1024 }, 0);
  const target = Number(await load.line('target ', DEADLINE));
  const server = await bench.start(peer.launch(target));
  load.write(`${server.port}\n`);
  return bench.finishLoad(load, server);
}

export const relay: Benchmark = {
  name: 'relay',
  title: `A bulk stream through a relay on each of ${CONNECTIONS} connections.`,
  cases: [
    {
      name: 'one direction',
      unit: 'MB/s',
      peers: [
        nodePeer(RELAY, 'modnet-relay.ts', 'kernel'),
        nodePeer('node:net pipe()', 'node-relay.ts'),
        socat('socat'),
        socat('socat -b 65536', '-b', '65536'),
        haproxy,
        nodePeer('modnet relay, node driver', 'modnet-relay.ts', 'node'),
      ],
      subjects: [RELAY],
      columns: [CPU],
      targets: [
        { subject: RELAY, against: 'node:net pipe()', atLeast: 1.25 },
        { subject: RELAY, against: 'socat', atLeast: 1.5 },
      ],
      measure,
    },
  ],
};
