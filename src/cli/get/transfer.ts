/** One URL of `modnet get`: the request, and where the parts of its answer go. */
import type { ClientResponse, HttpClient, RequestOptions } from '../../service/http/index.ts';
import { codeOf } from '../stream/report.ts';
import { paint } from '../style.ts';
import { type BodyOutput, fileOutput, noOutput, streamOutput, terminalOutput } from './body-output.ts';
import type { RequestData } from './data.ts';
import type { GetOptions } from './options.ts';
import { timingTable } from './timing-table.ts';
import { headLines, traceLines } from './verbose.ts';

export class Transfer {
  readonly #client: HttpClient;
  readonly #url: URL;
  readonly #options: GetOptions;

  constructor(client: HttpClient, url: URL, options: GetOptions) {
    this.#client = client;
    this.#url = url;
    this.#options = options;
  }

  /**
   * Resolves with the status when all was written.
   * @throws NetError when no answer came, or it broke off, or could not be written
   */
  async run(data: RequestData | undefined, signal: AbortSignal): Promise<number> {
    const started = performance.now();
    let size = 0;
    let answer: ClientResponse | undefined;
    try {
      answer = await this.#client.request(this.#url, this.#requestOptions(data, signal));
      size = await this.#writeOut(answer);
      if (this.#options.json === true) print(success(this.#url, answer, size));
      if (this.#options.timing === true) for (const line of timingTable(answer.timing)) say(line);
      return answer.status;
    } catch (error) {
      answer?.cancel();
      if (this.#options.json === true && !signal.aborted)
        print(failure(this.#url, error, performance.now() - started));
      throw error;
    }
  }

  #requestOptions(data: RequestData | undefined, signal: AbortSignal): RequestOptions {
    const {
      method,
      header = [],
      head,
      compressed,
      location,
      maxRedirects,
      maxTime,
      maxSize,
      verbose,
    } = this.#options;
    const headers = [...header];
    if (data !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type'))
      headers.push(['Content-Type', data.type]);
    return {
      method: method ?? (head === true ? 'HEAD' : data === undefined ? 'GET' : 'POST'),
      headers,
      body: data?.body,
      signal,
      redirect: location === true ? 'follow' : 'manual',
      maxRedirects,
      timeout: maxTime,
      maxBodyBytes: maxSize,
      decompress: compressed === true,
      onTrace: verbose === true ? (event) => traceLines(event).forEach(say) : undefined,
    };
  }

  async #writeOut(answer: ClientResponse): Promise<number> {
    const output = await this.#outputFor(answer);
    try {
      const size = await this.#copy(answer, output);
      await output.end();
      return size;
    } catch (error) {
      await output.end().catch(() => {});
      throw error;
    }
  }

  async #copy(answer: ClientResponse, output: BodyOutput): Promise<number> {
    let size = 0;
    if (this.#options.include === true || this.#options.head === true) await this.#writeHead(answer, output);
    for await (const chunk of answer.body) {
      size += chunk.length;
      await output.write(chunk);
    }
    return size;
  }

  #writeHead(answer: ClientResponse, output: BodyOutput): Promise<void> {
    return output.write(Buffer.from(`${headLines(answer).join('\r\n')}\r\n\r\n`, 'latin1'));
  }

  async #outputFor({ status, headers }: ClientResponse): Promise<BodyOutput> {
    const { output, json, fail } = this.#options;
    if (fail === true && status >= 400) {
      if (json !== true) say(`modnet: ${this.#url.host}${this.#url.pathname} answered ${status}`);
      return noOutput;
    }
    if (output === '-') return streamOutput(process.stdout);
    if (output !== undefined) return fileOutput(output);
    if (json === true) return noOutput;
    if (!process.stdout.isTTY) return streamOutput(process.stdout);
    return terminalOutput(
      process.stdout,
      /charset="?([^";\s]+)/i.exec(headers.get('content-type') ?? '')?.[1],
    );
  }
}

function success(asked: URL, answer: ClientResponse, size: number): object {
  const { status, reason, version, url, redirects, fields, timing, remote, method } = answer;
  const headers = Array.from(fields);
  return {
    asked: shown(asked),
    url,
    method,
    status,
    reason,
    version,
    remote: String(remote),
    redirects,
    headers,
    size,
    timing,
  };
}

function failure(asked: URL, error: unknown, ms: number): object {
  const { step, message } = error as { step?: string; message?: string };
  const code = error instanceof Error ? codeOf(error) : 'broken';
  return { asked: shown(asked), error: code, step, message: message ?? String(error), ms };
}

/** Without the password. */
function shown(url: URL): string {
  const copy = new URL(url);
  copy.password = '';
  return copy.href;
}

function print(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

function say(line: string): void {
  process.stderr.write(`${paint('dim', line, process.stderr)}\n`);
}
