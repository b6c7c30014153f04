/** What `modnet up` takes, and what it makes of it. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Address, inetAddress, NetError, parseAddress } from '../../core/index.ts';
import {
  checkToken,
  DEFAULT_DATA,
  DEFAULT_HTTP,
  DEFAULT_HTTPS,
  DEFAULT_TCP,
  DEFAULT_UDP,
  defaultDoors,
  EXCHANGE_LIMITS,
  type ExchangeLimits,
  type ExchangeOptions,
} from '../../service/exchange/index.ts';
import type { Driver } from '../../transport/index.ts';
import { parseAge, parseDuration } from '../duration.ts';
import { sizeArgument } from '../size.ts';

/** Schemes of the doors that there are unless told. */
export type DoorScheme = 'http' | 'https' | 'tcp' | 'unix' | 'udp';

/** `false` for none, nothing for the default. */
type Wishes = { readonly [scheme in DoorScheme]?: Address | false };

export interface UpOptions extends Wishes {
  readonly data: string;
  readonly host?: string;
  readonly token?: string | false;
  readonly allowOrigin?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
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

/** Adds the options to the command. */
export function addOptions(command: Command): Command {
  addDoors(command);
  addAccess(command);
  return addLimits(command);
}

function addDoors(command: Command): void {
  const doors: readonly [DoorScheme, string, string][] = [
    ['http', 'HTTP', DEFAULT_HTTP],
    ['https', 'HTTPS', DEFAULT_HTTPS],
    ['tcp', 'TCP', DEFAULT_TCP],
    ['unix', 'Unix', 'exchange.sock in the data'],
    ['udp', 'UDP', DEFAULT_UDP],
  ];
  command
    .option('--data <DIR>', 'where history lies', DEFAULT_DATA)
    .option(
      '--host <HOST>',
      'of all default doors: 0.0.0.0 or :: for everybody (default: 127.0.0.1)',
      parseHost,
    );
  for (const [scheme, name, where] of doors)
    command
      .option(`--${scheme} <URL>`, `the ${name} door (default: ${where})`, parseDoor(scheme))
      .option(`--no-${scheme}`, `no ${name} door`);
}

function addAccess(command: Command): void {
  command
    .addOption(
      new Option(
        '--token <TOKEN>',
        'what must be shown to get in (default: one is made if others can get in)',
      )
        .env('MODNET_TOKEN')
        .argParser(parseToken),
    )
    .option('--no-token', 'let everybody in who can reach a door')
    .option('--allow-origin <ORIGIN>', 'let pages of another origin in; may be repeated', collect)
    .option('--cert <FILE>', 'PEM of the certificate for HTTPS, with its chain (default: one is made)')
    .option('--key <FILE>', 'PEM of its key, if that is in a file of its own');
}

function addLimits(command: Command): Command {
  const limits = EXCHANGE_LIMITS;
  return command
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
}

/** @throws NetError `unsupported` when nothing would be opened, or a key has no certificate */
export function exchangeOptions(options: UpOptions): ExchangeOptions {
  const { data, driver, token, allowOrigin: allowedOrigins, cert, key } = options;
  if (key !== undefined && cert === undefined)
    throw new NetError('unsupported', '--key is the key of a certificate; give that with --cert');
  const tls = cert === undefined ? undefined : { cert, key };
  return { data, driver, token, allowedOrigins, tls, doors: doorsOf(options), limits: limitsOf(options) };
}

/** The doors that are asked for, in the order in which they are told. */
function doorsOf(options: UpOptions): Address[] {
  const doors = defaultDoors(options.data, options.host).flatMap((door) => {
    const wish = options[door.scheme as DoorScheme];
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

function parseDoor(scheme: string): (text: string) => Address {
  return (text) => {
    const address = readAddress(text);
    if (address.scheme === scheme) return address;
    throw new InvalidArgumentError(`"${text}" is not of ${scheme}:`);
  };
}

function readAddress(text: string): Address {
  try {
    return parseAddress(text);
  } catch (thrown) {
    throw new InvalidArgumentError((thrown as Error).message);
  }
}

/** A name or an address as a URL has it, IPv6 with or without its brackets. */
function parseHost(text: string): string {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  try {
    const address = parseAddress(inetAddress('tcp', bare, 1).toString());
    if (address.kind === 'inet' && address.path === '') return address.host;
  } catch {}
  throw new InvalidArgumentError(`"${text}" is no host; a port belongs to a door, as in --tcp tcp://${text}`);
}

function parseToken(text: string): string {
  try {
    return checkToken(text);
  } catch (thrown) {
    throw new InvalidArgumentError((thrown as Error).message);
  }
}

function parseWhole(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError(`"${text}" is not a whole number from 1 on.`);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
