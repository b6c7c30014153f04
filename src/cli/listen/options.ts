/** The options of `modnet listen`, and those with which it serves in an architecture. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ARCHITECTURES, type Architecture, MAX_WORKERS } from '../../server/index.ts';
import { parseDuration } from '../duration.ts';
import type { StreamOptions } from '../stream/options.ts';

export interface ListenOptions extends StreamOptions {
  readonly echo?: boolean;
  readonly discard?: boolean;
  readonly exec?: string;
  readonly to?: string;
  readonly handler?: URL;
  readonly keepOpen?: boolean;
  readonly max?: number;
  readonly architecture?: Architecture;
  readonly workers?: number;
  readonly isolation?: 'threads' | 'processes';
  readonly listener?: 'shared' | 'reuseport';
  readonly queue?: number;
  readonly maxPerAddress?: number;
  readonly backlog?: number;
  /** Ms. */
  readonly drain?: number;
}

/** What each architecture is, in a line. */
const ABOUT: Readonly<Record<Architecture, string>> = {
  serial: 'one connection at a time',
  process: 'a child process for each connection, 32 at a time unless --workers says more',
  thread: 'a thread for each connection, with blocking calls, 64 at a time unless --workers says more',
  prefork: 'processes that accept from one socket, each one connection at a time',
  pool: 'threads with blocking calls, which take connections from a queue',
  reactor: 'one event loop',
  hybrid: 'an event loop for each core, in threads or processes',
};

/** More is an accident: the most that one server may hold (Linux, fs.nr_open). */
const CEILING = 1_048_576;

/** The most that listen(2) takes; the system caps it at net.core.somaxconn. */
const MAX_BACKLOG = 2 ** 31 - 1;

export function addArchitectureOptions(command: Command): Command {
  const options = [
    new Option('--architecture <name>', 'serve in this arrangement; see below').choices(ARCHITECTURES),
    new Option('--workers <count>', 'how many, or at most (default: the cores)').argParser(
      whole(1, MAX_WORKERS),
    ),
    new Option('--isolation <kind>', 'hybrid: where its loops run (default: threads)').choices([
      'threads',
      'processes',
    ]),
    new Option('--listener <kind>', 'hybrid: one socket for all, or one each (default: shared)').choices([
      'shared',
      'reuseport',
    ]),
    new Option('--queue <count>', 'pool: connections that wait for a thread (default: 128)').argParser(
      whole(1, CEILING),
    ),
    new Option(
      '--max-per-address <count>',
      'connections at a time from one address; more are reset',
    ).argParser(whole(1, CEILING)),
    new Option('--backlog <count>', 'connections that the system holds (default: 4096)').argParser(
      whole(1, MAX_BACKLOG),
    ),
    new Option('--drain <time>', 'what is served may take so long after SIGTERM (default: 10s)').argParser(
      parseDuration,
    ),
  ];
  for (const option of options) command.addOption(option.helpGroup('Server options:'));
  return command;
}

/** For the help text. */
export function architectures(): string {
  const lines = ARCHITECTURES.map((name) => `  ${name.padEnd(8)} ${ABOUT[name]}`);
  return `\nArchitectures (--architecture NAME; reactor when only --handler is given):\n${lines.join('\n')}`;
}

/** A module as an argument: a path or a file URL of a file that exists. */
export function parseHandler(text: string): URL {
  const path = text.startsWith('file:') ? pathOf(text) : resolve(text);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return pathToFileURL(path);
  throw new InvalidArgumentError(`There is no file ${path}.`);
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (thrown) {
    throw new InvalidArgumentError((thrown as Error).message);
  }
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`"${text}" is no whole number from ${min} to ${max}.`);
  };
}
