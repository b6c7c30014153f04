/** Servers of HTTP/1.1. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Benchmark, type Case, type LoadOptions, loaded, type Peer, type Target } from '../benchmark.ts';
import { bunPeer, nodePeer, program } from '../peers.ts';
import { BUILD } from '../programs.ts';
import { HELLO } from '../servers/http-answers.ts';
import { CPU, P50, P99 } from './columns.ts';

const MODNET = 'modnet';
const NODE = 'node:http';
const FASTIFY = 'Fastify';
const NGINX = 'nginx';
const CONNECTIONS = 50;
const PIPELINED = 16;

/** nginx takes no port 0. Below those that connections get (ip_local_port_range): one of them may hold its port for a minute more. */
const PORT = 20_000 + (process.pid % 10_000);

const LOAD = [process.execPath, join(import.meta.dirname, '../load-http.ts')];
const FOLDER = join(BUILD, 'static');

/** One process, no log, connections that stay, descriptors that are kept, as modnet keeps them. */
const nginx: Peer = {
  name: NGINX,
  launch: () => program(NGINX, (path) => [path, '-p', BUILD, '-e', 'stderr', '-c', configure()], PORT),
};

function configure(): string {
  const file = join(BUILD, 'nginx.conf');
  mkdirSync(BUILD, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  writeFileSync(
    file,
    `daemon off;
master_process off;
worker_processes 1;
pid ${BUILD}/nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000000;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  open_file_cache max=1000;
  types { text/plain txt; }
${temporary.map((name) => `  ${name}_temp_path ${BUILD}/nginx-${name};`).join('\n')}
  server {
    listen 127.0.0.1:${PORT};
    location = / { default_type "text/plain;charset=UTF-8"; return 200 "${HELLO}"; }
    location / { root ${FOLDER}; }
  }
}
`,
  );
  return file;
}

function peers(mode: string, ...others: Peer[]): Peer[] {
  return [
    nodePeer(MODNET, 'modnet-http.ts', mode, 'kernel', FOLDER),
    ...others,
    nodePeer(`${MODNET}, node driver`, 'modnet-http.ts', mode, 'node', FOLDER),
  ];
}

function frameworks(mode: string): Peer[] {
  return [
    nodePeer(NODE, 'node-http.ts', mode),
    nodePeer(FASTIFY, 'fastify-http.ts', mode),
    bunPeer('bun-http.ts', mode),
  ];
}

function httpCase(
  name: string,
  compared: readonly Peer[],
  load: Partial<LoadOptions>,
  targets: readonly Target[],
): Case {
  return {
    name,
    unit: 'requests/s',
    peers: compared,
    subjects: [MODNET],
    columns: load.depth === undefined ? [P50, P99, CPU] : [CPU],
    targets,
    measure: loaded({ mode: 'get', connections: CONNECTIONS, program: LOAD, ...load }),
  };
}

function staticCase(name: string, size: number): Case {
  const file = `${name}.txt`;
  const one = httpCase(name, peers('static', nginx), { path: `/${file}` }, []);
  return {
    ...one,
    measure(bench, peer) {
      mkdirSync(FOLDER, { recursive: true });
      writeFileSync(join(FOLDER, file), 'x'.repeat(size));
      return one.measure(bench, peer);
    },
  };
}

export const http: Benchmark = {
  name: 'http',
  title: `Requests of HTTP/1.1 over ${CONNECTIONS} connections that stay.`,
  cases: [
    httpCase('hello', peers('hello', nginx, ...frameworks('hello')), {}, [
      { subject: MODNET, against: NODE, atLeast: 1.35 },
      { subject: MODNET, against: NGINX, atLeast: 0.9 },
    ]),
    httpCase(
      `pipelined by ${PIPELINED}`,
      peers('hello', nginx, ...frameworks('hello')),
      { depth: PIPELINED },
      [{ subject: MODNET, against: NODE, atLeast: 3 }],
    ),
    httpCase(
      'json, a route and three middlewares',
      peers('json', ...frameworks('json')),
      { path: '/users/42' },
      [
        { subject: MODNET, against: NODE, atLeast: 1.2 },
        { subject: MODNET, against: FASTIFY, atLeast: 1 },
      ],
    ),
    staticCase('static-1k', 1024),
    staticCase('static-1m', 1024 * 1024),
  ],
};
