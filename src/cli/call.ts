/** `modnet call`: calls services over gRPC, gRPC-Web and Connect, and tells what they are. */
import type { DescMethod, Message, Registry } from '@bufbuild/protobuf';
import { type Command, Option } from 'commander';
import { printable } from '../bytes/index.ts';
import { NetError } from '../core/index.ts';
import { ConnectError, RPC_PROTOCOLS, RpcReflection } from '../service/rpc/index.ts';
import { type Catalogue, fileCatalogue, methodOf, reflectedCatalogue } from './call/catalogue.ts';
import { Connections } from './call/connections.ts';
import { describeSymbol } from './call/describe.ts';
import { invoke } from './call/invoke.ts';
import { messagesOfInput, parseMessage } from './call/messages.ts';
import type { CallOptions } from './call/options.ts';
import { CallOutput } from './call/output.ts';
import { parseDuration } from './duration.ts';
import { EXIT } from './exit.ts';
import { parseHeader, parseTarget } from './get/parse.ts';
import { onInterrupt } from './interrupt.ts';
import { sizeArgument } from './size.ts';
import { parseUrl } from './stream/options.ts';

/** Ms to ask for descriptions in, unless --deadline says otherwise. */
const ASK_DEADLINE = 10_000;

const EXAMPLES = `
Without SYMBOL the services are listed; a service, a message or an enum is described; SERVICE/METHOD is called. A message is
JSON, {} where none is given; a method that takes a stream takes several, or - for one a line of standard input. What is
answered is printed as JSON, one message a line (on a terminal, indented).

What services speak is asked of the server by reflection, over HTTP/2, whatever --protocol says, or read from --descriptors.
connect and grpc-web go over HTTP/1.1, except for methods with streams both ways, which need HTTP/2, as gRPC does.

Examples:
  $ modnet call localhost:8080                                           http:// when no scheme is given
  $ modnet call localhost:8080 example.weather.v1.Weather                what it has, and what it takes
  $ modnet call localhost:8080 example.weather.v1.Weather/Now '{"name":"Oslo"}'
  $ modnet call localhost:8080 example.weather.v1.Weather/Follow -       one message a line
  $ modnet call -v --deadline 2s -H 'Authorization: Bearer TOKEN' https://api.example.com pkg.Service/Method
  $ modnet call --protocol connect localhost:8080 grpc.health.v1.Health/Check

Exit codes:
  0  it went well   1  nothing could be called   2  wrong usage   130  interrupted
  64 + the code of gRPC when the call failed:
  65 canceled   66 unknown   67 invalid_argument   68 deadline_exceeded   69 not_found   70 already_exists
  71 permission_denied   72 resource_exhausted   73 failed_precondition   74 aborted   75 out_of_range
  76 unimplemented   77 internal   78 unavailable   79 data_loss   80 unauthenticated`;

export function registerCall(program: Command): void {
  program
    .command('call')
    .description('call a service over gRPC, gRPC-Web or Connect, or tell what it is')
    .argument('<url>', 'where to: http://HOST[:PORT], https://…', (text: string) => parseTarget(text)[0]!)
    .argument('[symbol]', 'SERVICE/METHOD to call; SERVICE or a message to describe')
    .argument('[message...]', 'messages in JSON; - for standard input, one a line')
    .addOption(
      new Option('--protocol <name>', 'how calls are spoken').choices([...RPC_PROTOCOLS]).default('grpc'),
    )
    .option('-H, --header <line>', 'a field of the head, "Name: value"; may be given again', parseHeader)
    .option('--deadline <time>', 'for the call, which the server hears of, too', parseDuration)
    .option('--descriptors <file>', 'what services speak, as protoc --include_imports -o FILE writes it')
    .option('--defaults', 'print also fields that have their default value')
    .option('--max-size <size>', 'fail when a message is longer (default: 4m)', sizeArgument)
    .option('-v, --verbose', 'tell heads and trailers on standard error')
    .option('--json', 'print messages, and how the call ended, as one JSON object a line')
    .option('--connect-timeout <time>', 'for name, connection and TLS (default: 10s)', parseDuration)
    .option('--address <address>', 'connect there in place of the URL: unix:PATH, tcp://HOST:PORT', parseUrl)
    .option('--cacert <file>', 'certificates of the authorities to trust, in place of those known')
    .option('--cert <file>', 'show this certificate (PEM)')
    .option('--key <file>', 'the key of --cert, where it is not in the same file')
    .option('-k, --insecure', 'accept any certificate: whoever sits between can read and change everything')
    .addOption(new Option('--driver <name>', 'how sockets are driven').choices(['kernel', 'node']))
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(
  url: URL,
  symbol: string | undefined,
  texts: readonly string[],
  options: CallOptions,
  command: Command,
): Promise<void> {
  const signal = onInterrupt();
  await using connections = new Connections(url, options);
  const catalogue = catalogueOf(connections, options, signal);
  try {
    if (symbol === undefined) list(await catalogue.services(), options);
    else if (symbol.includes('/')) await call(connections, catalogue, symbol, texts, options, command);
    else await describe(catalogue, symbol, options);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ConnectError)) throw error;
    throw new NetError('broken', `${url.origin}: ${printable(error.rawMessage)}`, { cause: error });
  }
}

function catalogueOf(connections: Connections, options: CallOptions, signal: AbortSignal): Catalogue {
  if (options.descriptors !== undefined) return fileCatalogue(options.descriptors);
  const headers = headersOf(options);
  const reflection = new RpcReflection(connections.both('grpc'), {
    headers,
    signal,
    timeoutMs: options.deadline ?? ASK_DEADLINE,
  });
  return reflectedCatalogue(reflection);
}

function list(services: readonly string[], { json }: CallOptions): void {
  for (const service of services)
    process.stdout.write(`${json === true ? JSON.stringify({ service }) : printable(service)}\n`);
}

async function describe(catalogue: Catalogue, symbol: string, { json }: CallOptions): Promise<void> {
  const registry = await catalogue.registryOf(symbol);
  const text = describeSymbol(registry, symbol);
  if (text === undefined) throw new NetError('refused', `There is no service or message ${symbol}`);
  const shown = text.split('\n').map(printable).join('\n');
  process.stdout.write(`${json === true ? JSON.stringify({ symbol, description: text }) : shown}\n`);
}

async function call(
  connections: Connections,
  catalogue: Catalogue,
  symbol: string,
  texts: readonly string[],
  options: CallOptions,
  command: Command,
): Promise<void> {
  const [service = '', name = ''] = symbol.replace(/^\//, '').split('/');
  const method = await methodOf(catalogue, service, name);
  const fault = contradiction(method, texts);
  if (fault !== undefined) command.error(`error: ${fault}`, { exitCode: EXIT.usage });
  const registry = await catalogue.registryOf(service);
  const output = new CallOutput(method.output, registry, options);
  const signal = onInterrupt();
  const messages =
    texts[0] === '-' ? messagesOfInput(method.input, registry, signal) : messagesOf(method, texts, registry);
  const began = performance.now();
  try {
    const transport = connections.of(method);
    const { deadline } = options;
    await invoke({ transport, method, headers: headersOf(options), deadline, signal }, messages, output);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ConnectError)) throw error;
    // What standard input had is no outcome of the call.
    if (error.cause instanceof NetError && error.cause.fault === 'local') throw error.cause;
    process.exitCode = output.onError(error, performance.now() - began);
  }
}

function contradiction(method: DescMethod, texts: readonly string[]): string | undefined {
  const isStream = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  if (!isStream && texts.length > 1) return `${method.name} takes one message, and ${texts.length} are given`;
  if (texts.includes('-') && texts.length > 1)
    return 'messages are arguments or lines of standard input, not both';
  return undefined;
}

/** All are read before the first is sent. */
function messagesOf(
  { input }: DescMethod,
  texts: readonly string[],
  registry: Registry,
): AsyncIterable<Message> {
  const given = texts.length === 0 ? ['{}'] : texts;
  const where = (at: number): string => (given.length > 1 ? `message ${at + 1}` : 'the message');
  return inTurn(given.map((text, at) => parseMessage(input, text, registry, where(at))));
}

async function* inTurn<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

function headersOf({ header = [] }: CallOptions): Headers {
  return new Headers(header.map(([name, value]) => [name, value]));
}
