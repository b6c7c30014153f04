/** What `modnet serve` tells: to people on standard error, the log and JSON lines on standard output. */
import { isIPv6 } from 'node:net';
import { printable } from '../../bytes/index.ts';
import type { Address } from '../../core/index.ts';
import type { Drained } from '../../server/index.ts';
import type { AccessLog, HttpServer } from '../../service/http/index.ts';
import { codeOf } from '../stream/report.ts';
import { formatDuration } from '../stream/tcp-summary.ts';
import { paint } from '../style.ts';
import { TroubleLog } from '../trouble-log.ts';
import { outerAddresses } from './certificate.ts';
import type { ServeCommandOptions } from './options.ts';

export class ServeTeller {
  readonly #options: ServeCommandOptions;
  readonly #troubles = new TroubleLog((line) => process.stderr.write(line));
  readonly #started = performance.now();
  /** Lines of this turn: one by one each would cost a system call. */
  #lines = '';

  constructor(options: ServeCommandOptions) {
    this.#options = options;
  }

  get accessLog(): AccessLog | undefined {
    const { log, json } = this.#options;
    if (log === 'off') return undefined;
    const format = json ? 'json' : (log ?? 'common');
    // An object that says what it is among others.
    const write = json
      ? (line: string) => this.#log(`{"event":"request",${line.slice(1)}`)
      : (line: string) => this.#log(line);
    return { format, write };
  }

  listening(folder: string, address: Address, authority: string | undefined): void {
    if (this.#options.json) {
      this.#json({ event: 'listening', address: String(address), folder, ...(authority && { authority }) });
      return;
    }
    this.#say(`listening on ${address}, serving ${folder}`);
    for (const url of urlsOf(address)) this.#bright(`  ${url}`);
    if (authority !== undefined)
      this.#say(`browsers must trust the authority ${authority}: modnet cert authority tells how`);
    if (address.kind === 'inet' && !isLocal(address.host))
      this.#say('everybody who can reach this machine can read these files');
    this.#say('Ctrl-C ends');
  }

  warn(words: string): void {
    this.#troubles.tell(new Error(words));
  }

  error(error: Error): void {
    if (this.#options.json) this.#json({ event: 'error', error: codeOf(error), message: error.message });
    else this.#troubles.tell(error);
  }

  closed(server: HttpServer, { finished, aborted }: Drained): void {
    this.#flush();
    const ms = Math.round(performance.now() - this.#started);
    const { accepted, http } = server.statistics();
    const requests = http?.requests ?? 0;
    if (this.#options.json) {
      this.#json({ event: 'closed', finished, aborted });
      this.#json({ event: 'total', connections: accepted, requests, ms });
      return;
    }
    const cut = aborted === 0 ? '' : `, ${aborted} connections cut off`;
    this.#say(`closed: ${requests} requests on ${accepted} connections in ${formatDuration(ms)}${cut}`);
  }

  #log(line: string): void {
    if (this.#lines === '') setImmediate(() => this.#flush());
    this.#lines += line;
  }

  #flush(): void {
    if (this.#lines !== '') process.stdout.write(this.#lines);
    this.#lines = '';
  }

  #json(event: object): void {
    this.#flush();
    process.stdout.write(`${JSON.stringify(event)}\n`);
  }

  #say(words: string): void {
    process.stderr.write(`${paint('dim', printable(words), process.stderr)}\n`);
  }

  #bright(words: string): void {
    process.stderr.write(`${paint('cyan', words, process.stderr)}\n`);
  }
}

/** What can be opened in a browser. */
function urlsOf(address: Address): string[] {
  if (address.kind !== 'inet') return [];
  const { scheme, host, port } = address;
  const isAny = host === '0.0.0.0' || host === '::';
  const reachable = outerAddresses().filter((each) => host === '::' || !isIPv6(each));
  const hosts = isAny ? ['127.0.0.1', ...reachable] : [host];
  return hosts.map((each) => `${scheme}://${isIPv6(each) ? `[${each}]` : each}:${port}/`);
}

function isLocal(host: string): boolean {
  return host === '::1' || host === 'localhost' || host.startsWith('127.');
}
