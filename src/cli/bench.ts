/** `modnet bench`: puts load on an address and says how it answers. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Address, Bytes } from '../core/index.ts';
import {
  type Answer,
  type LoadOptions,
  type LoadProgress,
  type LoadResult,
  load,
  planLoad,
  runLoad,
} from '../service/lab/index.ts';
import type { Driver } from '../transport/index.ts';
import { LoadLine } from './bench/load-line.ts';
import { formatResult } from './bench/result.ts';
import { parseDuration } from './duration.ts';
import { EXIT } from './exit.ts';
import { onInterrupt } from './interrupt.ts';
import { sizeArgument } from './size.ts';
import { framings, parseUrl } from './stream/options.ts';
import { paint } from './style.ts';

const EXAMPLES = `
Without --rate each connection sends its next request when the last is answered (closed loop), which shows how much a
server can take. With --rate requests are due at fixed times whether it keeps up or not (open loop), and latency counts
from then, which shows how long its users wait; the schedule is kept at the price of a core. docs/bench.md tells more.

The server is expected to echo, and every byte is checked. --frame takes one message for an answer, and sends each
request as one; --answer takes any so many bytes.

Examples:
  $ modnet listen tcp://127.0.0.1:9000 --echo --keep-open --max 1000
  $ modnet bench tcp://127.0.0.1:9000                          50 connections as fast as it goes
  $ modnet bench tcp://127.0.0.1:9000 --rate 5000 --duration 30s
  $ modnet bench unix:./echo.sock --connections 500 --payload 16KiB
  $ modnet bench tcp://127.0.0.1:9000 --per-connection 1       with the cost of connecting
  $ modnet bench tcp://127.0.0.1:6379 --request PING --frame lines --pipeline 16
  $ modnet bench tcp://127.0.0.1:9000 --slow 10% --json | jq .latency.p99

Exit codes:
  0  every request was answered, and rightly   1  not connected, or errors, or wrong answers, or none
  2  wrong usage   130  interrupted, after printing what was measured`;

interface BenchOptions extends Omit<LoadOptions, 'answer' | 'slow' | 'request'> {
  readonly request?: Bytes;
  readonly frame?: string;
  readonly answer?: number;
  readonly slow?: number;
  readonly slowInterval?: number;
  readonly core?: number;
  readonly json?: boolean;
  readonly driver?: Driver;
}

export function registerBench(program: Command): void {
  program
    .command('bench')
    .description('put load on a server and measure its answers')
    .argument('<url>', 'where the server is: tcp://HOST:PORT, udp://HOST:PORT, unix:PATH', parseUrl)
    .option('--connections <count>', 'at the same time (default: 50)', parseWhole)
    .option('--rate <count>', 'requests a second over all connections, on a schedule', parseRate)
    .option('--duration <time>', 'how long to measure (default: 10s)', parseDuration)
    .option('--warmup <time>', 'load before that which is not counted (default: 1s)', parseDuration)
    .option('--payload <size>', 'bytes of a request (default: 64)', sizeArgument)
    .addOption(
      new Option('--request <text>', 'the request; @FILE reads it')
        .argParser(parseRequest)
        .conflicts('payload'),
    )
    .addOption(new Option('--frame <spec>', 'one message is one answer; see below').conflicts('answer'))
    .option('--answer <size>', 'so many bytes are one answer, whatever they are', sizeArgument)
    .option('--pipeline <count>', 'requests under way on one connection (default: 1)', parseWhole)
    .option('--think <time>', 'wait between an answer and the next request', parseDuration)
    .option('--per-connection <count>', 'close after so many requests and connect again', parseWhole)
    .option(
      '--slow <share>',
      'so many of the clients (10%) send a byte at a time and read slowly',
      parseShare,
    )
    .option('--slow-interval <time>', 'between two bytes of those (default: 10ms)', parseDuration)
    .option('--timeout <time>', 'how long an answer may take (default: 5s)', parseDuration)
    .option('--connect-timeout <time>', 'how long connecting may take (default: 10s)', parseDuration)
    .option('--core <number>', 'make the load in a process of its own, on this core', parseCore)
    .option('--json', 'print the result as one JSON object')
    .addOption(new Option('--driver <name>', 'how sockets are driven').choices(['kernel', 'node']))
    .addHelpText('after', framings())
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(address: Address, given: BenchOptions, command: Command): Promise<void> {
  const { core, json } = given;
  const options = loadOptions(given);
  try {
    planLoad(address, options);
  } catch (thrown) {
    command.error(`error: ${(thrown as Error).message}`, { exitCode: EXIT.usage });
  }
  const signal = onInterrupt();
  const line = new LoadLine(process.stderr);
  const onProgress = (progress: LoadProgress): void => line.show(progress);
  const result =
    core === undefined
      ? await load(address, options, { signal, onProgress })
      : await runLoad(address, options, { signal, onProgress, core });
  line.clear();
  process.stdout.write(
    json ? `${JSON.stringify(withoutHistograms(result))}\n` : formatResult(result, heading),
  );
  signal.throwIfAborted();
  if (isFailure(result)) process.exitCode = EXIT.failure;
}

function loadOptions({
  frame,
  answer,
  slow,
  slowInterval,
  core,
  json,
  ...options
}: BenchOptions): LoadOptions {
  let is: Answer = { kind: 'echo' };
  if (frame !== undefined) is = { kind: 'frame', spec: frame };
  if (answer !== undefined) is = { kind: 'bytes', count: answer };
  return { ...options, answer: is, ...(slow && { slow: { share: slow, interval: slowInterval } }) };
}

function isFailure({ errors, wrong, requests }: LoadResult): boolean {
  return errors.length > 0 || wrong > 0 || requests === 0;
}

function withoutHistograms({ histograms, ...result }: LoadResult): object {
  return result;
}

function heading(text: string): string {
  return paint('bold', text);
}

function parseWhole(text: string): number {
  const count = Number(text);
  if (/^\d{1,9}$/.test(text) && count > 0) return count;
  throw new InvalidArgumentError(`"${text}" is no whole number from 1.`);
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (/^\d{1,9}(\.\d{1,6})?$/.test(text) && rate > 0) return rate;
  throw new InvalidArgumentError(`"${text}" is no number of requests a second; write 1000 or 0.5.`);
}

function parseCore(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is no number of a core; they count from 0.`);
}

/** As a fraction. */
function parseShare(text: string): number {
  const percent = Number(text.replace(/%$/, ''));
  if (/^\d{1,3}(\.\d+)?%$/.test(text) && percent <= 100) return percent / 100;
  throw new InvalidArgumentError(`"${text}" is no share; write 10%.`);
}

function parseRequest(text: string): Bytes {
  if (!text.startsWith('@')) return new TextEncoder().encode(text);
  const file = text.slice(1);
  try {
    return readFileSync(file);
  } catch (thrown) {
    throw new InvalidArgumentError(`Cannot read the request: ${(thrown as Error).message}`);
  }
}
