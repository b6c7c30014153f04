/**
 * The load generator for machines without a C compiler: the command line, modes and output of `peers/load/`, on
 * node:net and node:dgram. It is slower than most of what it loads, so that differences look smaller than they are.
 */
import { createSocket } from 'node:dgram';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { median } from './statistics.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    connections: { type: 'string', default: '1' },
    size: { type: 'string', default: '64' },
    depth: { type: 'string', default: '1' },
    warmup: { type: 'string', default: '0.5' },
    seconds: { type: 'string', default: '1' },
    sources: { type: 'string', default: '0' },
    senders: { type: 'string', default: '1' },
    pid: { type: 'string', default: '0' },
    hello: { type: 'string', default: '' },
  },
});
const [port, connections, size, depth, warmup, seconds, sources, senders] = [
  values.port,
  values.connections,
  values.size,
  values.depth,
  values.warmup,
  values.seconds,
  values.sources,
  values.senders,
].map(Number) as [number, number, number, number, number, number, number, number];

/** Nothing back for so long, in ms, means that the datagrams under way are lost. */
const STALL = 100;
/** The greetings are over when nothing came for so long, in ms. */
const QUIET = 300;
const LATENCIES_KEPT = 100_000;

const counted = { units: 0, latencies: [] as number[], on: false, lost: 0 };

const MODES: Record<string, () => Promise<number> | number> = {
  echo: () => everyConnection(echoOn),
  send: () => everyConnection(fill),
  receive: () => everyConnection((socket) => socket.on('data', count)),
  relay: relayed,
  udp: () => repeat(connections, datagrams),
  accept: bursts,
  idle: held,
  fan: room,
};

const perUnit = await MODES[positionals[0] ?? '']!();
await sleep(warmup * 1000);
console.log('begin');
counted.on = true;
const began = performance.now();
await sleep(seconds * 1000);
const took = (performance.now() - began) / 1000;
report(counted.units / perUnit / took, took);

function report(rate: number, took: number): never {
  const { latencies, lost, units } = counted;
  const sorted = latencies.toSorted((a, b) => a - b);
  const times =
    sorted.length === 0 ? {} : { p50: median(sorted), p99: sorted[Math.floor(sorted.length * 0.99)] };
  console.log(JSON.stringify({ rate, lost, ...times, seconds: took }));
  process.exit(units > 0 ? 0 : 1);
}

function open(number: number, to = port): Promise<Socket> {
  const source = sources > 0 ? { localAddress: `127.0.0.${2 + (number % sources)}` } : {};
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: to, noDelay: true, ...source });
    socket.once('connect', () => resolve(socket)).once('error', reject);
    socket.once('end', () => fail('the server closed a connection'));
  });
}

function fail(reason: string): never {
  console.error(`load: ${reason}`);
  process.exit(1);
}

async function everyConnection(start: (socket: Socket) => unknown, to = port): Promise<number> {
  for (let i = 0; i < connections; i++) start(await open(i, to));
  // Streams are counted in bytes and told in megabytes.
  return positionals[0] === 'echo' ? 1 : 1e6;
}

function repeat(times: number, action: (number: number) => void): number {
  for (let i = 0; i < times; i++) action(i);
  return 1;
}

function count(chunk: Buffer): void {
  if (counted.on) counted.units += chunk.length;
}

function countMessage(sentAt: number): void {
  if (!counted.on) return;
  counted.units++;
  if (counted.latencies.length < LATENCIES_KEPT) counted.latencies.push((performance.now() - sentAt) * 1000);
}

function echoOn(socket: Socket): void {
  const message = Buffer.alloc(size, 'x');
  const sentAt: number[] = [];
  let got = 0;
  const post = (): void => {
    sentAt.push(performance.now());
    socket.write(message);
  };
  socket.on('data', (chunk: Buffer) => {
    for (got += chunk.length; got >= size; got -= size) {
      countMessage(sentAt.shift()!);
      post();
    }
  });
  repeat(depth, post);
}

function fill(socket: Socket): void {
  const chunk = Buffer.alloc(size);
  const isCounted = positionals[0] === 'send';
  const write = (): void => {
    do if (isCounted) count(chunk);
    while (socket.write(chunk));
  };
  socket.on('drain', write);
  write();
}

async function relayed(): Promise<number> {
  const server = createServer((socket) => socket.on('data', count));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  console.log(`target ${(server.address() as AddressInfo).port}`);
  const line = await new Promise<Buffer>((resolve) => process.stdin.once('data', resolve));
  return everyConnection(fill, Number(line));
}

function datagrams(): void {
  const socket = createSocket('udp4');
  let epoch = 0;
  let heard = performance.now();
  let underWay = 0;
  const post = (): void => {
    const message = Buffer.alloc(size);
    message.writeUInt32LE(epoch, 0);
    message.writeDoubleLE(performance.now(), 8);
    underWay++;
    socket.send(message);
  };
  socket.on('error', () => {});
  socket.on('message', (message) => {
    if (message.readUInt32LE(0) !== epoch) return;
    heard = performance.now();
    underWay--;
    countMessage(message.readDoubleLE(8));
    post();
  });
  socket.connect(port, '127.0.0.1', () => repeat(depth, post));
  setInterval(() => {
    if (performance.now() - heard < STALL) return;
    if (counted.on) counted.lost += underWay;
    underWay = 0;
    epoch++;
    repeat(depth, post);
  }, STALL / 5);
}

/** See `peers/load/accept.c`. The rate is taken over the bursts alone, so that this mode reports by itself. */
async function bursts(): Promise<never> {
  const pid = Number(values.pid);
  const start = performance.now();
  let took = 0;
  while (performance.now() - start < (warmup + seconds) * 1000 || counted.units === 0) {
    if (!counted.on && performance.now() - start >= warmup * 1000) {
      counted.on = true;
      console.log('begin');
    }
    process.kill(pid, 'SIGSTOP');
    const waiting = await Promise.all(Array.from({ length: connections }, connectAndWait));
    const began = performance.now();
    process.kill(pid, 'SIGCONT');
    await Promise.all(waiting.map(({ ended }) => ended));
    if (!counted.on) continue;
    took += (performance.now() - began) / 1000;
    counted.units += connections;
  }
  return report(counted.units / took, took);
}

async function connectAndWait(): Promise<{ ended: Promise<void> }> {
  const socket = connect({ host: '127.0.0.1', port });
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  socket.on('error', () => {}).resume();
  return { ended };
}

async function held(): Promise<never> {
  const message = Buffer.alloc(64, 'x');
  for (let i = 0; i < connections; i++) {
    const socket = await open(i);
    socket.write(message);
    await new Promise((resolve) => socket.once('data', resolve));
  }
  console.log(`held ${connections}`);
  await text(process.stdin);
  process.exit(0);
}

async function room(): Promise<number> {
  const line = `${'x'.repeat(size - 1)}\n`;
  const speakers: Socket[] = [];
  const state = { heard: performance.now(), posted: 0, delivered: 0, joined: false };
  const post = (): void => {
    while (state.posted * connections < state.delivered + depth * connections) {
      speakers[state.posted++ % senders]!.write(line);
    }
  };
  const onData = (chunk: Buffer): void => {
    state.heard = performance.now();
    if (!state.joined) return;
    const lines = chunk.reduce((sum, byte) => sum + (byte === 10 ? 1 : 0), 0);
    state.delivered += lines;
    if (counted.on) counted.units += lines;
    post();
  };
  for (let i = 0; i < connections; i++) (await join(i)).on('data', onData);
  for (let i = 0; i < senders; i++) speakers.push((await join(connections + i)).resume());
  while (performance.now() - state.heard < QUIET) await sleep(50);
  state.joined = true;
  post();
  return 1;
}

async function join(number: number): Promise<Socket> {
  const socket = await open(number);
  if (values.hello !== '') socket.write(values.hello.replaceAll('%d', String(number)));
  return socket;
}
