/** `modnet up`: the exchange, with a command to try for each of its doors. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Address, type ListenerTrouble, listenerTrouble, NetError } from '../core/index.ts';
import {
  type ClosedExchange,
  DEFAULT_DATA,
  DEFAULT_TCP,
  DEFAULT_UDP,
  type Door,
  defaultDoors,
  EXCHANGE_LIMITS,
  type Exchange,
  type ExchangeLimits,
  type ExchangeTrouble,
  exchangeTrouble,
  startExchange,
} from '../service/exchange/index.ts';
import type { Driver } from '../transport/index.ts';
import { parseAge, parseDuration } from './duration.ts';
import { onInterrupt } from './interrupt.ts';
import { sizeArgument } from './size.ts';
import { parseUrl } from './stream/options.ts';
import { paint } from './style.ts';
import { TroubleLog } from './trouble-log.ts';

const EXAMPLES = `
It runs until Ctrl-C, which tells the members and lets them go; a second Ctrl-C ends it at once.

Examples:
  $ modnet up                                            on this machine only, port 7000
  $ modnet up --tcp 'tcp://[::]:7000' --no-udp           for everybody, over TCP
  $ modnet up --data /var/lib/exchange --idle 2h --keep-age 7d
  $ modnet up --tcp tcp://127.0.0.1:0 --json             a free port, told as JSON

Exit codes:
  0  closed in order   1  a door or the data cannot be had   2  wrong usage   130  interrupted again while closing`;

interface UpOptions {
  readonly data: string;
  /** `false` for none, nothing for the default; the same below. */
  readonly tcp?: Address | false;
  readonly unix?: Address | false;
  readonly udp?: Address | false;
  readonly driver?: Driver;
  readonly json?: boolean;
  readonly connections?: number;
  readonly connectionsPerAddress?: number;
  readonly rooms?: number;
  readonly message?: number;
  readonly rate?: number;
  readonly idle?: number;
  readonly udpSilence?: number;
  readonly keepMessages?: number;
  readonly keepAge?: number;
  readonly drain?: number;
}

export function registerUp(program: Command): void {
  const limits = EXCHANGE_LIMITS;
  const command = program
    .command('up')
    .description('run the exchange: rooms for people and programs on TCP, Unix sockets and UDP')
    .option('--data <DIR>', 'where history lies', DEFAULT_DATA)
    .option('--tcp <URL>', `the TCP door (default: ${DEFAULT_TCP})`, parseDoor('tcp'))
    .option('--no-tcp', 'no TCP door')
    .option('--unix <URL>', 'the Unix door (default: exchange.sock in the data)', parseDoor('unix'))
    .option('--no-unix', 'no Unix door')
    .option('--udp <URL>', `the UDP door (default: ${DEFAULT_UDP})`, parseDoor('udp'))
    .option('--no-udp', 'no UDP door')
    .addOption(new Option('--driver <DRIVER>', 'how to reach the system').choices(['kernel', 'node']))
    .option('--json', 'print what happens as JSON lines')
    .option('--connections <N>', `at most (default: ${limits.connections})`, parseWhole)
    .option(
      '--connections-per-address <N>',
      `at most from one address (default: ${limits.connectionsPerAddress})`,
      parseWhole,
    )
    .option('--rooms <N>', `at most (default: ${limits.rooms})`, parseWhole)
    .option('--message <SIZE>', `longest message (default: ${limits.bodyBytes})`, sizeArgument)
    .option('--rate <N>', `requests a second of one member (default: ${limits.rate})`, parseWhole)
    .option('--idle <TIME>', 'silence until a client is ended, 0 for never (default: 30m)', parseDuration)
    .option('--udp-silence <TIME>', 'silence until a member by UDP is gone (default: 5m)', parseDuration)
    .option('--keep-messages <N>', `history of one room (default: ${limits.keepMessages})`, parseWhole)
    .option('--keep-age <TIME>', 'age of the oldest message (default: 30d)', parseAge)
    .option('--drain <TIME>', 'how long closing waits for members (default: 5s)', parseDuration);
  command.addHelpText('after', EXAMPLES).action(up);
}

async function up(options: UpOptions): Promise<void> {
  const interrupted = onInterrupt();
  outliveReaders();
  const troubles = new TroubleLog((line) => process.stderr.write(line));
  exchangeTrouble.subscribe((event) => troubles.tell((event as ExchangeTrouble).error));
  listenerTrouble.subscribe((event) => troubles.tell((event as ListenerTrouble).error));
  const { data, driver } = options;
  const exchange = await startExchange({ data, driver, doors: doorsOf(options), limits: limitsOf(options) });
  if (options.json) tellJson({ event: 'open', doors: exchange.doors.map(describeDoor), data });
  else tellOpen(exchange);
  await waitFor(interrupted);
  if (!options.json) process.stdout.write('\nClosing; again to end at once.\n');
  const closed = await exchange.close();
  if (options.json) tellJson({ event: 'closed', ...closed });
  else process.stdout.write(`${closedSentence(closed)}\n`);
}

/** The members stay when whoever read what the server prints has gone (`modnet up | head`). */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.removeAllListeners('error').on('error', () => {});
}

/** The doors that are asked for, in the order in which they are told. */
function doorsOf(options: UpOptions): Address[] {
  const doors = defaultDoors(options.data).flatMap((door) => {
    const wish = options[door.scheme as 'tcp' | 'unix' | 'udp'];
    return wish === false ? [] : [wish ?? door];
  });
  if (doors.length > 0) return doors;
  throw new NetError(
    'unsupported',
    'Nothing to open: every door is switched off; leave out one of the --no-…',
  );
}

function limitsOf(options: UpOptions): Partial<ExchangeLimits> {
  const { connections, connectionsPerAddress, rooms, message, rate, idle, udpSilence } = options;
  const { keepMessages, keepAge, drain } = options;
  const given = {
    connections,
    connectionsPerAddress,
    rooms,
    bodyBytes: message,
    // A body of which JSON escapes every byte, and the fields around it.
    lineBytes: message === undefined ? undefined : Math.max(message * 6 + 4_096, EXCHANGE_LIMITS.lineBytes),
    rate,
    burst: rate === undefined ? undefined : rate * 3,
    idle,
    udpSilence,
    keepMessages,
    keepAge,
    drain,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function tellOpen(exchange: Exchange): void {
  const doors = exchange.doors.map(describeDoor);
  const width = Math.max(...doors.map(({ url }) => url.length));
  const lines = doors.map(
    ({ url, command }) => `  ${paint('bold', url.padEnd(width))}  ${paint('cyan', command)}`,
  );
  const chat = doors.find(({ kind }) => kind !== 'udp');
  if (chat !== undefined) {
    const where = chat.url === DEFAULT_TCP ? '' : ` ${quoted(chat.url)}`;
    lines.push(`  ${''.padEnd(width)}  ${paint('cyan', `npx modnet chat${where} --name YOU`)}`);
  }
  process.stdout.write(
    `${paint('bold', 'The exchange is open.')} Talk to it from other terminals:\n\n${lines.join('\n')}\n\n` +
      `History lies in ${exchange.data}; ${paint('bold', 'Ctrl-C')} closes.\n`,
  );
}

interface DoorDescription {
  readonly kind: string;
  readonly url: string;
  /** To try it with. */
  readonly command: string;
}

function describeDoor({ kind, address }: Door): DoorDescription {
  return { kind, url: address.toString(), command: commandFor(address) };
}

function commandFor(address: Address): string {
  if (address.kind === 'unix')
    return address.abstract
      ? `npx modnet connect ${quoted(address.toString())}`
      : `nc -U ${quoted(address.path)}`;
  if (address.kind !== 'inet') return `npx modnet connect ${quoted(address.toString())}`;
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address.host] ?? address.host;
  return `nc ${address.scheme === 'udp' ? '-u ' : ''}${host} ${address.port}`;
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

function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function tellJson(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function waitFor(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function parseDoor(scheme: string): (text: string) => Address {
  return (text) => {
    const address = parseUrl(text);
    if (address.scheme === scheme) return address;
    throw new InvalidArgumentError(`"${text}" is not of ${scheme}:`);
  };
}

function parseWhole(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`"${text}" is not a whole number from 1 on.`);
}
