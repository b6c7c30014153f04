/** `modnet relay`: everything that arrives at one address goes on to another. */
import type { Command } from 'commander';
import { printable } from '../bytes/index.ts';
import { type Address, type ListenerTrouble, listenerTrouble } from '../core/index.ts';
import {
  type Relay,
  type RelayClosed,
  type RelayFailed,
  type RelayOpened,
  type RelayOptions,
  type RelayRefused,
  relay,
  relayClosed,
  relayFailed,
  relayOpened,
  relayRefused,
} from '../service/relay/index.ts';
import type { Driver } from '../transport/index.ts';
import { parseDuration } from './duration.ts';
import { onInterrupt } from './interrupt.ts';
import { addCommonOptions, parseCount, parseUrl, STOP_GRACE } from './stream/options.ts';
import { codeOf } from './stream/report.ts';
import { TcpEndings } from './stream/tcp-endings.ts';
import { formatBytes, formatDuration, formatTcp } from './stream/tcp-summary.ts';
import { paint } from './style.ts';

const EXAMPLES = `
FROM is where connections arrive; each opens its own connection to TO. With FROM stdio: or exec:COMMAND there is
exactly one. End, reset and backpressure are carried over in both directions, and on Linux the kernel moves the bytes
where both sides are sockets.

Examples:
  $ modnet relay tcp://127.0.0.1:8080 tcp://example.com:80
  $ modnet relay tcp://127.0.0.1:5432 unix:///run/postgresql/.s.PGSQL.5432 -v
  $ modnet relay udp://127.0.0.1:5353 udp://192.0.2.1:53 --session-idle 10
  $ modnet relay tcp://127.0.0.1:9000 'exec:tr a-z A-Z'
  $ modnet relay ws://127.0.0.1:8000/ssh tcp://127.0.0.1:22
  $ ssh -o ProxyCommand='modnet relay stdio: tcp://192.0.2.1:22' host

Exit codes:
  0  its single connection has ended   1  cannot listen, or the single connection failed   2  wrong usage
  130  interrupted, which is how a relay that listens ends`;

interface RelayCommandOptions {
  readonly max?: number;
  readonly idle?: number;
  readonly sessionIdle?: number;
  readonly timeout?: number;
  readonly splice: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly driver?: Driver;
}

export function registerRelay(program: Command): void {
  const command = program
    .command('relay')
    .description('carry connections from one address to another')
    .argument('<from>', 'where they arrive: tcp:, tls:, udp:, ws:, wss:, unix:, stdio: or exec:', parseUrl)
    .argument('<to>', 'where they go: the same', parseUrl)
    .option('--max <count>', 'connections at a time (default: 2000)', parseCount)
    .option('--idle <time>', 'end a connection that is silent for so long (10, 500ms, 2m)', parseDuration)
    .option('--session-idle <time>', 'end a silent UDP session (default: 60s)', parseDuration)
    .option('--timeout <time>', 'how long connecting to TO may take (default: 10s)', parseDuration)
    .option('--no-splice', 'copy the bytes even where the kernel could move them');
  addCommonOptions(command).addHelpText('after', EXAMPLES).action(run);
}

async function run(from: Address, to: Address, options: RelayCommandOptions): Promise<void> {
  const signal = onInterrupt();
  const teller = new RelayTeller(
    [from, to].some(({ scheme }) => scheme === 'stdio'),
    options,
  );
  const started = performance.now();
  const running = await relay(from, to, { ...relayOptions(options), signal });
  teller.relaying(running, from);
  const stop = (): void => void running.close({ signal: AbortSignal.timeout(STOP_GRACE) });
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const reason = await running.closed;
  teller.totals(running, performance.now() - started);
  signal.throwIfAborted();
  if (reason !== undefined) throw reason;
}

function relayOptions(options: RelayCommandOptions): RelayOptions {
  const { max, idle, sessionIdle, splice, driver, timeout } = options;
  return { max, idle, splice, driver, connectTimeout: timeout, ...(sessionIdle && { sessionIdle }) };
}

/** Tells what the relay publishes. */
class RelayTeller {
  readonly #out: NodeJS.WriteStream;
  readonly #verbose: boolean;
  readonly #json: boolean;
  readonly #tcp: TcpEndings | undefined;

  /** @param usesStdio standard output carries bytes, so events go to standard error */
  constructor(usesStdio: boolean, options: RelayCommandOptions) {
    this.#out = usesStdio ? process.stderr : process.stdout;
    this.#verbose = options.verbose === true;
    this.#json = options.json === true;
    if (this.#verbose || this.#json) this.#tcp = new TcpEndings();
    relayOpened.subscribe((event) => this.#opened(event as RelayOpened));
    relayClosed.subscribe((event) => this.#closed(event as RelayClosed));
    relayFailed.subscribe((event) => this.#failed(event as RelayFailed));
    relayRefused.subscribe((event) => this.#refused(event as RelayRefused));
    listenerTrouble.subscribe((event) => this.#trouble((event as ListenerTrouble).error));
  }

  relaying(running: Relay, from: Address): void {
    const address = String(running.isSingle ? from : running.address);
    const to = String(running.to);
    this.#event({ event: running.isSingle ? 'relaying' : 'listening', address, to });
    if (this.#json || (running.isSingle && !this.#verbose)) return;
    this.#say(
      running.isSingle ? `relaying ${address} to ${to}` : `listening on ${address}, relaying to ${to}`,
    );
  }

  totals(running: Relay, ms: number): void {
    const { connections, failed, refused, forward, backward } = running.totals;
    this.#event({ event: 'total', connections, failed, refused, forward, backward, ms: Math.round(ms) });
    if (this.#json || (running.isSingle && !this.#verbose)) return;
    this.#say(
      `total ${connections} connections (${failed} failed, ${refused} refused), ` +
        `${formatBytes(forward)} forward, ${formatBytes(backward)} back, ${formatDuration(ms)}`,
    );
  }

  #opened({ id, from, to }: RelayOpened): void {
    this.#event({ event: 'open', id, from: String(from.remote), to: String(to.remote) });
    this.#detail(`#${id} open   ${from.remote} -> ${to.remote}`);
  }

  #closed({ id, from, to, bridge, duration, reason }: RelayClosed): void {
    const { forward, backward, spliced } = bridge;
    const ending = bridge.timedOut ? 'silent for too long' : (reason?.message ?? 'ended');
    const error = reason === undefined ? {} : { error: codeOf(reason) };
    const tcp = { from: this.#tcp?.of(from), to: this.#tcp?.of(to) };
    this.#event({
      event: 'close',
      id,
      forward,
      backward,
      ms: Math.round(duration),
      spliced,
      reason: ending,
      ...error,
      ...((tcp.from ?? tcp.to) && { tcp }),
    });
    const how = spliced ? ', spliced' : '';
    this.#detail(
      `#${id} close  ${forward} bytes forward, ${backward} back${how}, ${formatDuration(duration)}: ${ending}`,
    );
    if (tcp.from !== undefined) this.#detail(`#${id} tcp    from ${formatTcp(tcp.from)}`);
    if (tcp.to !== undefined) this.#detail(`#${id} tcp    to   ${formatTcp(tcp.to)}`);
  }

  #failed({ id, from, error }: RelayFailed): void {
    this.#event({
      event: 'fail',
      id,
      from: String(from.remote),
      error: codeOf(error),
      message: error.message,
    });
    this.#detail(`#${id} failed ${from.remote}: ${error.message}`);
  }

  #refused({ from, error }: RelayRefused): void {
    this.#event({ event: 'refuse', from: String(from.remote), message: error.message });
    this.#detail(`refused ${from.remote}: ${error.message} (--max)`);
  }

  #trouble(error: Error): void {
    this.#event({ event: 'trouble', error: codeOf(error), message: error.message });
    this.#detail(`trouble: ${error.message}`);
  }

  #event(event: object): void {
    if (this.#json) this.#out.write(`${JSON.stringify(event)}\n`);
  }

  #detail(words: string): void {
    if (this.#verbose) this.#say(words);
  }

  #say(words: string): void {
    process.stderr.write(`${paint('dim', printable(words), process.stderr)}\n`);
  }
}
