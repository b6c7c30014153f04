/** `modnet connect`: standard input and output as one end of a connection. */
import type { Command } from 'commander';
import type { Address } from '../core/index.ts';
import { DATAGRAM_CHUNK } from '../service/relay/index.ts';
import { connect, type TransportOptions } from '../transport/index.ts';
import { parseDuration } from './duration.ts';
import { onInterrupt } from './interrupt.ts';
import { FramedLink } from './stream/framed-link.ts';
import { Link } from './stream/link.ts';
import { addStreamOptions, parseUrl, STOP_GRACE, type StreamOptions } from './stream/options.ts';
import { Report } from './stream/report.ts';
import { StdioHub } from './stream/stdio-hub.ts';

/**
 * Ms of silence after the end of input that end a conversation over datagrams, where no peer says that it has
 * finished; a longer answer needs `--idle`. Precedent: the 2 s that scripts give to `nc -u -w 2`.
 */
const DATAGRAM_LINGER = 2_000;

const EXAMPLES = `
Examples:
  $ modnet connect tcp://127.0.0.1:7000
  $ printf 'GET / HTTP/1.0\\r\\n\\r\\n' | modnet connect tcp://example.com:80
  $ modnet connect unix:///run/app.sock --frame length:4
  $ modnet connect 'tls://127.0.0.1:7443?ca=ca.pem'
  $ modnet connect ws://127.0.0.1:8000/stream
  $ echo ping | modnet connect udp://127.0.0.1:7000 --hex -v

Exit codes:
  0  both sides ended   1  no connection, or it broke   2  wrong usage   130  interrupted`;

interface ConnectOptions extends StreamOptions {
  readonly timeout?: number;
}

export function registerConnect(program: Command): void {
  const command = program
    .command('connect')
    .description('connect to an address and talk to it through standard input and output')
    .argument('<url>', 'where to: tcp://HOST:PORT, tls:, udp:, ws:, wss:, unix:PATH, exec:COMMAND', parseUrl)
    .option('--timeout <time>', 'how long connecting may take (default: 10s)', parseDuration);
  addStreamOptions(command).addHelpText('after', EXAMPLES).action(run);
}

async function run(address: Address, options: ConnectOptions): Promise<void> {
  const signal = onInterrupt();
  const { frame } = options;
  const report = new Report({ ...options, framed: frame !== undefined });
  const transport: TransportOptions = { driver: options.driver, connectTimeout: options.timeout, signal };
  const link = new Link(1, await connect(address, transport), report, options.idle ?? 0);
  const stop = (): void => void link.close({ signal: AbortSignal.timeout(STOP_GRACE) }).catch(() => {});
  signal.addEventListener('abort', stop, { once: true });
  const hub = hubFor(address, options, report);
  const reason = await hub.serve(link, frame === undefined ? link : new FramedLink(link, frame()));
  report.totals();
  signal.throwIfAborted();
  if (reason !== undefined && !link.timedOut) throw reason;
}

function hubFor(address: Address, options: ConnectOptions, report: Report): StdioHub {
  const framed = options.frame !== undefined;
  if (address.scheme !== 'udp') return new StdioHub({ report, framed });
  const onInputEnd = (link: Link): void => link.limitIdle(options.idle ?? DATAGRAM_LINGER);
  return new StdioHub({ report, framed, chunk: DATAGRAM_CHUNK, onInputEnd });
}
