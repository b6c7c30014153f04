/**
 * The load over TLS for machines without a C compiler or OpenSSL's headers: the modes and the output of `peers/tls-load/`, on
 * node:tls. It is slower than most of what it loads, so that differences look smaller than they are.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { parseArgs } from 'node:util';
import { median } from './statistics.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    connections: { type: 'string', default: '1' },
    size: { type: 'string', default: '64' },
    warmup: { type: 'string', default: '0.5' },
    seconds: { type: 'string', default: '1' },
  },
});
const [port, connections, size, warmup, seconds] = [
  values.port,
  values.connections,
  values.size,
  values.warmup,
  values.seconds,
].map(Number) as [number, number, number, number, number];
const mode = positionals[0] ?? '';
const LATENCIES_KEPT = 100_000;
const counted = { units: 0, latencies: [] as number[], on: false };
let session: Buffer | undefined;

const MODES: Record<string, (socket: TLSSocket) => void> = {
  'tls-echo': echo,
  'tls-send': fill,
  'tls-receive': (socket) => socket.on('data', (chunk: Buffer) => count(chunk.length)),
  'tls-handshake': greet,
  'tls-resume': greet,
};

for (let i = 0; i < connections; i++) open();
await sleep(warmup * 1000);
console.log('begin');
counted.on = true;
const began = performance.now();
await sleep(seconds * 1000);
const took = (performance.now() - began) / 1000;
const sorted = counted.latencies.toSorted((a, b) => a - b);
const times =
  sorted.length === 0 ? {} : { p50: median(sorted), p99: sorted[Math.floor(sorted.length * 0.99)] };
const perUnit = mode === 'tls-send' || mode === 'tls-receive' ? 1e6 : 1;
console.log(JSON.stringify({ rate: counted.units / perUnit / took, ...times, seconds: took }));
process.exit(counted.units > 0 ? 0 : 1);

function open(): void {
  const at = performance.now();
  const socket = connect({
    port,
    host: '127.0.0.1',
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ...(mode === 'tls-resume' && session !== undefined ? { session } : {}),
  });
  socket.setNoDelay(true);
  socket.on('session', (fresh) => {
    session = fresh;
  });
  socket.on('error', () => {});
  if (mode === 'tls-handshake' || mode === 'tls-resume') socket.once('data', () => done(socket, at));
  else MODES[mode]!(socket);
}

function done(socket: TLSSocket, at: number): void {
  count(1, at);
  socket.destroy();
  open();
}

function greet(socket: TLSSocket): void {
  socket.resume();
}

function echo(socket: TLSSocket): void {
  const message = Buffer.alloc(size, 'x');
  let got = 0;
  let sentAt = 0;
  const post = (): void => {
    sentAt = performance.now();
    socket.write(message);
  };
  socket.once('secureConnect', post);
  socket.on('data', (chunk: Buffer) => {
    for (got += chunk.length; got >= size; got -= size) {
      count(1, sentAt);
      post();
    }
  });
}

function fill(socket: TLSSocket): void {
  const chunk = Buffer.alloc(size);
  const write = (): void => {
    do count(size);
    while (socket.write(chunk));
  };
  socket.on('drain', write);
  socket.once('secureConnect', write);
}

function count(units: number, since?: number): void {
  if (!counted.on) return;
  counted.units += units;
  if (since !== undefined && counted.latencies.length < LATENCIES_KEPT)
    counted.latencies.push((performance.now() - since) * 1000);
}
