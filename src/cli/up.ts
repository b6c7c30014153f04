/** `modnet up`: the exchange, with a command to try for each of its doors. */
import type { Command } from 'commander';
import { type ListenerTrouble, listenerTrouble, NetError } from '../core/index.ts';
import {
  type ClosedExchange,
  type Exchange,
  type ExchangeTrouble,
  exchangeTrouble,
  startExchange,
} from '../service/exchange/index.ts';
import { onInterrupt } from './interrupt.ts';
import { TroubleLog } from './trouble-log.ts';
import { openEvent, openWords } from './up/announce.ts';
import { addOptions, exchangeOptions, type UpOptions } from './up/options.ts';

const EXAMPLES = `
It runs until Ctrl-C, which tells the members and lets them go; a second Ctrl-C ends it at once.

Where a door can be reached from other machines, whoever comes must show the token that is printed, on this machine too; only the Unix
socket asks for none. Where none can, a token is asked for if --token or MODNET_TOKEN gives one.

Examples:
  $ modnet up                                            on this machine only, ports 7000, 8080 and 8443
  $ modnet up --host 0.0.0.0                             for everybody who has the token
  $ modnet up --tcp 'tcp://[::]:7000' --no-udp           for everybody, over TCP
  $ modnet up --http http://127.0.0.1:3000 --no-https
  $ modnet up --data /var/lib/exchange --idle 2h --keep-age 7d
  $ modnet up --tcp tcp://127.0.0.1:0 --json             a free port, told as JSON

Exit codes:
  0  closed in order   1  a door or the data cannot be had   2  wrong usage   130  interrupted again while closing`;

export function registerUp(program: Command): void {
  const command = program
    .command('up')
    .description('run the exchange: rooms for people and programs on the web, TCP, Unix sockets and UDP');
  addOptions(command).addHelpText('after', EXAMPLES).action(up);
}

async function up(options: UpOptions): Promise<void> {
  const interrupted = onInterrupt();
  outliveReaders();
  const troubles = new TroubleLog((line) => process.stderr.write(line));
  exchangeTrouble.subscribe((event) => troubles.tell((event as ExchangeTrouble).error));
  listenerTrouble.subscribe((event) => troubles.tell((event as ListenerTrouble).error));
  const exchange = await open(options);
  if (options.json) tellJson(openEvent(exchange));
  else process.stdout.write(openWords(exchange));
  await waitFor(interrupted);
  if (!options.json) process.stdout.write('\nClosing; again to end at once.\n');
  const closed = await exchange.close();
  if (options.json) tellJson({ event: 'closed', ...closed });
  else process.stdout.write(`${closedSentence(closed)}\n`);
}

async function open(options: UpOptions): Promise<Exchange> {
  try {
    return await startExchange(exchangeOptions(options));
  } catch (thrown) {
    throw advise(thrown);
  }
}

/** Which option moves a door whose port somebody else has. */
function advise(thrown: unknown): unknown {
  if (!(thrown instanceof NetError) || thrown.errno !== 'EADDRINUSE') return thrown;
  const scheme = /^Cannot listen on (http|https|tcp|udp):/.exec(thrown.message)?.[1];
  if (scheme === undefined) return thrown;
  const hint = `(--${scheme} ${scheme}://127.0.0.1:PORT), or leave this door out (--no-${scheme})`;
  return new NetError(thrown.code, `${thrown.message} ${hint}`, { errno: thrown.errno, cause: thrown });
}

/** The members stay when whoever read what the server prints has gone (`modnet up | head`). */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.removeAllListeners('error').on('error', () => {});
}

function closedSentence({ members, cutOff, messages, uptime }: ClosedExchange): string {
  const cut = cutOff === 0 ? '' : ` (${cutOff} cut off)`;
  return `Closed ${count(members, 'member')}${cut}, ${count(messages, 'message')} in ${duration(uptime)}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function tellJson(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function waitFor(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
