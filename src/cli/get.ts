/** `modnet get`: an HTTP client for the terminal. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { HttpClient, type HttpClientOptions } from '../service/http/index.ts';
import { parseDuration } from './duration.ts';
import { EXIT, report } from './exit.ts';
import { dataOf } from './get/data.ts';
import type { GetOptions } from './get/options.ts';
import { parseHeader, parseTarget } from './get/parse.ts';
import { Transfer } from './get/transfer.ts';
import { onInterrupt } from './interrupt.ts';
import { sizeArgument } from './size.ts';
import { parseUrl } from './stream/options.ts';

/** As curl's for `--fail`. */
const EXIT_STATUS = 22;

const EXAMPLES = `
The body goes to standard output as it is. On a terminal, text has its control characters made visible, and what is not text
is refused unless -o says where it goes. Proxies are those of http_proxy, https_proxy, all_proxy and no_proxy.

Examples:
  $ modnet get localhost:8080/health                       http:// when no scheme is given
  $ modnet get -L --compressed https://example.com/ -o page.html
  $ modnet get -v --timing http://127.0.0.1:8080/          what is sent, what comes, and what takes how long
  $ modnet get -X PUT -H 'Content-Type: application/json' -d @body.json http://127.0.0.1:8080/item
  $ tar c . | modnet get -d - http://127.0.0.1:8080/upload
  $ modnet get --address unix:///run/docker.sock http://docker/version
  $ modnet get --json --fail http://127.0.0.1:8080/a http://127.0.0.1:8080/b

Exit codes:
  0  an answer came, whatever it says   1  none came, or it broke off   2  wrong usage
  22  with --fail: the status is 400 or above   130  interrupted`;

export function registerGet(program: Command): void {
  const command = program
    .command('get')
    .description('send a request over HTTP and print the answer')
    .argument('<url...>', 'where to: http://HOST[:PORT]/PATH, https://…', parseTarget);
  addRequestOptions(command);
  addAnswerOptions(command);
  addWayOptions(command);
  command.addHelpText('after', EXAMPLES).action(run);
}

function addRequestOptions(command: Command): void {
  command
    .option('-X, --method <name>', 'the method (default: GET, with --data POST)')
    .option('-H, --header <line>', 'a field of the head, "Name: value"; may be given again', parseHeader)
    .option(
      '-d, --data <data>',
      'the body: text, @FILE, or - for standard input; texts given again are joined by &',
      collect,
    )
    .option('-I, --head', 'ask for the head only, and print it')
    .option('--compressed', 'ask for a compressed body, and print it uncompressed')
    .option('-L, --location', 'follow redirects')
    .option('--max-redirects <number>', 'at most so many', parseNumber, 20);
}

function addAnswerOptions(command: Command): void {
  command
    .option('-i, --include', 'print the head in front of the body')
    .option('-o, --output <file>', 'write the body there; - is standard output, whatever the body is')
    .option('-f, --fail', 'a status from 400 on is a failure (exit code 22), and its body is not printed')
    .option('--max-size <size>', 'fail when the body is longer (64k, 10m)', sizeArgument)
    .option('-v, --verbose', 'tell connections, TLS and heads on standard error')
    .option('--timing', 'tell on standard error what took how long')
    .option('--json', 'print what came of it as one JSON object a line; the body only goes to --output');
}

function addWayOptions(command: Command): void {
  command
    .option('-m, --max-time <time>', 'for each URL, from the beginning to the last byte', parseDuration)
    .option('--connect-timeout <time>', 'for name, connection, proxy and TLS (default: 10s)', parseDuration)
    .option('-x, --proxy <url>', 'a proxy for all URLs; "" for none')
    .option('--address <address>', 'connect there in place of the URL: unix:PATH, tcp://HOST:PORT', parseUrl)
    .option('--cacert <file>', 'certificates of the authorities to trust, in place of those known')
    .option('--cert <file>', 'show this certificate (PEM)')
    .option('--key <file>', 'the key of --cert, where it is not in the same file')
    .option('-k, --insecure', 'accept any certificate: whoever sits between can read and change everything')
    .addOption(new Option('--driver <name>', 'how sockets are driven').choices(['kernel', 'node']));
}

async function run(urls: readonly URL[], options: GetOptions, command: Command): Promise<void> {
  const fault = contradiction(urls, options);
  if (fault !== undefined) command.error(`error: ${fault}`, { exitCode: EXIT.usage });
  const signal = onInterrupt();
  const data = await dataOf(options.data);
  await using client = new HttpClient(clientOptions(options));
  for (const url of urls) {
    try {
      const status = await new Transfer(client, url, options).run(data, signal);
      if (options.fail === true && status >= 400) process.exitCode ??= EXIT_STATUS;
    } catch (error) {
      signal.throwIfAborted();
      // The others have their turn; the first failure is what the program ends with.
      process.exitCode ??= report(error);
    }
  }
}

/** What is wrong with the options together, in words. */
function contradiction(urls: readonly URL[], { output, data, head }: GetOptions): string | undefined {
  if (output !== undefined && output !== '-' && urls.length > 1)
    return `option '--output' takes the body of one URL, and ${urls.length} are given`;
  if (data?.includes('-') && urls.length > 1) return 'standard input can be sent to one URL only';
  if (data !== undefined && head === true) return `option '--head' sends no body, and '--data' is one`;
  return undefined;
}

function clientOptions(options: GetOptions): HttpClientOptions {
  const { cacert: ca, cert, key, insecure, driver, connectTimeout, proxy = 'environment', address } = options;
  const tls = { ca, key, insecure, ...(cert === undefined ? {} : { cert }) };
  return { proxy, address, connectTimeout, tls, transport: { driver } };
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function parseNumber(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is no number from 0 to 9999.`);
}
