/**
 * The load of HTTP: `load-http.ts get --port P --connections N --depth D --path /x --warmup S --seconds S`. Runs wrk where it is
 * installed; else asks by itself, which is slower than most of what it loads, so that differences look smaller than they are.
 * Prints what the other load generators print: `begin`, then the result.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BUILD, find } from './programs.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    connections: { type: 'string', default: '50' },
    depth: { type: 'string', default: '1' },
    path: { type: 'string', default: '/' },
    warmup: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '2' },
  },
});
const { port, path, connections } = values;
const [depth, warmup, seconds] = [values.depth, values.warmup, values.seconds].map(Number) as [
  number,
  number,
  number,
];

/** Several requests at a time on each connection, as one write. */
const PIPELINE = `
init = function(args)
  local requests = {}
  for index = 1, tonumber(args[1]) do requests[index] = wrk.format() end
  pipeline = table.concat(requests)
end
request = function() return pipeline end
`;

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, m: 60e6 };

const wrk = find('wrk');
// wrk counts whole seconds only: too long for a smoke run.
const result = wrk === null || seconds < 1 ? await asked() : await measured(wrk);
console.log(JSON.stringify(result));

interface Result {
  readonly rate: number;
  /** µs */
  readonly p50?: number;
  readonly p99?: number;
}

async function measured(program: string): Promise<Result> {
  if (warmup >= 1) await wrkFor(program, Math.floor(warmup));
  console.log('begin');
  const output = await wrkFor(program, Math.max(1, Math.round(seconds)));
  const failures = /^ {2}(Socket errors|Non-2xx).*$/m.exec(output);
  if (failures !== null) throw new Error(`wrk:${failures[0]}`);
  const rate = Number(/^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1]);
  // Of pipelined requests wrk does not know when each was sent.
  return depth > 1 ? { rate } : { rate, p50: latency(output, 50), p99: latency(output, 99) };
}

async function wrkFor(program: string, duration: number): Promise<string> {
  mkdirSync(BUILD, { recursive: true });
  const script = join(BUILD, 'pipeline.lua');
  writeFileSync(script, PIPELINE);
  const pipelined = depth > 1 ? ['-s', script] : [];
  const url = `http://127.0.0.1:${port}${path}`;
  const args = [
    '-t',
    '1',
    '-c',
    connections,
    '-d',
    `${duration}s`,
    '--latency',
    ...pipelined,
    url,
    '--',
    String(depth),
  ];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('SIGTERM', () => child.kill());
  return text(child.stdout);
}

function latency(output: string, percentile: number): number {
  const [, value, unit = ''] = new RegExp(`^ +${percentile}% +([\\d.]+)(\\w+)$`, 'm').exec(output) ?? [];
  return Number(value) * (UNITS[unit] ?? Number.NaN);
}

/** All answers are of one length, so that bytes tell how many came. */
async function asked(): Promise<Result> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  const length = await lengthOf(request);
  let answers = 0;
  for (let index = 0; index < Number(connections); index++) {
    const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
    let due = 0;
    socket.on('data', (chunk) => {
      due -= chunk.length / length;
      answers += chunk.length / length;
      if (due > 0.5 / length) return;
      due = depth;
      socket.write(request.repeat(depth));
    });
    due = depth;
    socket.write(request.repeat(depth));
  }
  await sleep(warmup * 1000);
  console.log('begin');
  const before = answers;
  await sleep(seconds * 1000);
  const rate = (answers - before) / seconds;
  setImmediate(() => process.exit(0));
  return { rate };
}

async function lengthOf(request: string): Promise<number> {
  const socket = connect({ port: Number(port), host: '127.0.0.1' });
  socket.write(request.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  const answer = await text(socket.setEncoding('latin1'));
  // On a connection that stays, this line is not there, or says as much in other words; nobody says both.
  return answer.replace(/^connection: close\r\n/im, '').length;
}
