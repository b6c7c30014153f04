/** The options of `modnet serve`, and what does not go together. It opens nothing. */
import { isIPv6 } from 'node:net';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Address, inetAddress, parseAddress } from '../../core/index.ts';
import type { AccessLogFormat, FileOptions } from '../../service/http/index.ts';
import type { Driver } from '../../transport/index.ts';
import { parseAge, parseDuration } from '../duration.ts';

/** Precedent: `python3 -m http.server`. */
const PORT = 8000;
const TLS_PORT = 8443;

const SCHEMES: readonly string[] = ['http', 'https', 'unix'];

export interface ServeCommandOptions {
  readonly host?: string;
  readonly port?: number;
  readonly tls?: boolean;
  readonly cert?: string;
  readonly key?: string;
  readonly listing?: boolean;
  readonly spa?: string | true;
  readonly cors?: boolean;
  /** Ms. */
  readonly cache?: number;
  readonly compress: boolean;
  readonly dotfiles?: boolean;
  readonly log?: AccessLogFormat | 'off';
  readonly json?: boolean;
  /** Ms. */
  readonly drain?: number;
  readonly driver?: Driver;
}

export function addServeOptions(command: Command): Command {
  return command
    .option(
      '--host <host>',
      'of the default URL: 0.0.0.0 or :: for everybody (default: 127.0.0.1)',
      parseHost,
    )
    .option('-p, --port <port>', `of the default URL; 0 for a free one (default: ${PORT})`, parsePort)
    .option('--listing', 'list folders that have no index.html')
    .option('--spa [file]', 'answer pages that are not there with this one (index.html)')
    .option('--cache <age>', 'how long browsers may keep files without asking (60, 10m, 1d)', parseAge)
    .option('--cors', 'let pages of every origin use the files')
    .option('--no-compress', 'send text as it is; files that are compressed already are still used')
    .option('--dotfiles', 'serve names that begin with a dot too')
    .option(
      '--tls',
      'encrypt, with a certificate of the local authority (modnet cert) unless --cert is given',
    )
    .option('--cert <file>', 'a certificate of your own (PEM), with its chain')
    .option('--key <file>', 'its key, if that is in a file of its own')
    .addOption(
      new Option('--log <format>', 'a line a request on standard output (default: common)').choices([
        'common',
        'combined',
        'json',
        'off',
      ]),
    )
    .option('--json', 'events and requests as JSON lines on standard output')
    .option(
      '--drain <time>',
      'what is being sent may take so long after Ctrl-C (default: 10s)',
      parseDuration,
    )
    .addOption(new Option('--driver <name>', 'how sockets are driven').choices(['kernel', 'node']));
}

/** An address that HTTP can be served on. */
export function parseServeUrl(text: string): Address {
  const address = read(() => parseAddress(text));
  if (!SCHEMES.includes(address.scheme))
    throw new InvalidArgumentError(`"${text}" is not of ${SCHEMES.join(', ')}.`);
  return address;
}

/** What is wrong with the options, in words; `undefined` when nothing is. */
export function usageFault(url: Address | undefined, options: ServeCommandOptions): string | undefined {
  const { host, port, tls, cert, key, json, log } = options;
  if (url !== undefined && (host !== undefined || port !== undefined))
    return '--host and --port are of the default URL; write them into the URL that you give';
  if (url?.scheme === 'http' && (tls || cert !== undefined)) return `${url} is not encrypted; write https:`;
  if (key !== undefined && cert === undefined)
    return '--key is the key of a certificate; give that with --cert';
  if (url?.scheme === 'unix' && (tls || cert !== undefined)) return 'nothing is encrypted over unix:';
  if (json && log !== undefined && log !== 'json' && log !== 'off')
    return `--json is not --log ${log}; write --log json or off`;
  return undefined;
}

/** Where to listen. */
export function addressOf(url: Address | undefined, options: ServeCommandOptions): Address {
  if (url !== undefined) return url;
  const { host = '127.0.0.1', port, tls, cert } = options;
  const isSecure = tls === true || cert !== undefined;
  const scheme = isSecure ? 'https' : 'http';
  return inetAddress(scheme, host, port ?? (isSecure ? TLS_PORT : PORT));
}

export function fileOptions(options: ServeCommandOptions): FileOptions {
  const { listing, spa, cache, compress, dotfiles } = options;
  return {
    listing: listing === true,
    dotfiles: dotfiles === true,
    compress,
    fallback: spa === true ? 'index.html' : spa,
    maxAge: cache === undefined ? undefined : Math.floor(cache / 1000),
  };
}

function parseHost(text: string): string {
  read(() => parseAddress(`http://${isIPv6(text) ? `[${text}]` : text}:${PORT}`));
  return text;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError(`"${text}" is no port; write 0 to 65535.`);
}

function read<T>(attempt: () => T): T {
  try {
    return attempt();
  } catch (thrown) {
    throw new InvalidArgumentError((thrown as Error).message);
  }
}
