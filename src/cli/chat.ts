/** `modnet chat`: a member of the exchange at the keyboard, or at the end of a pipe. */
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { NetError, toNetError } from '../core/index.ts';
import { ChatClient, type ChatEvent, HISTORY_SHOWN, Refusal } from '../service/chat/index.ts';
import { dial } from './chat/dial.ts';
import { talkThroughPipe } from './chat/pipe.ts';
import { talkOnTerminal } from './chat/terminal.ts';
import { onInterrupt } from './interrupt.ts';

const DEFAULT_URL = 'tcp://127.0.0.1:7000';

/** Messages of history that can be asked for on entering a room; a page of the exchange holds no more. */
const HISTORY_MAX = 200;

const HELP = `
On a terminal, what others say scrolls above the prompt; /help lists the commands, Tab completes them and names,
Ctrl-C or Ctrl-D leaves. Through a pipe, each line of the input is said and the end of it leaves.

Examples:
  $ modnet chat --name anna
  $ modnet chat unix:./modnet-data/exchange.sock --name anna --room dev --room lobby
  $ modnet chat ws://127.0.0.1:8080 --name anna
  $ uptime | modnet chat --name cron --room ops
  $ tail -f app.log | modnet chat --name app --room logs --json > events.ndjson

Exit codes:
  0  left   1  not connected, or not everything was delivered   2  wrong usage   130  interrupted`;

const TOKEN_HINT =
  'The exchange asks for a token, which `modnet up` printed; give it with --token or MODNET_TOKEN';

interface ChatOptions {
  readonly name: string;
  readonly room?: readonly string[];
  readonly history: number;
  readonly token?: string;
  readonly reconnect: boolean;
  readonly json?: boolean;
}

export function registerChat(program: Command): void {
  program
    .command('chat')
    .description('talk in the rooms of an exchange')
    .argument('[URL]', 'where the exchange listens: tcp:, unix:, ws: or wss:', DEFAULT_URL)
    .option('--name <NAME>', 'who you are', defaultName())
    .option('--room <ROOM>', 'enter this room; may be repeated (default: the one of the exchange)', collect)
    .option('--history <COUNT>', 'messages to show that were said before', parseCount, HISTORY_SHOWN)
    .addOption(
      new Option('--token <TOKEN>', 'the access token, if the exchange asks for one').env('MODNET_TOKEN'),
    )
    .option('--no-reconnect', 'end when the connection is lost')
    .option('--json', 'print events as one JSON object a line')
    .addHelpText('after', HELP)
    .action(chat);
}

async function chat(url: string, options: ChatOptions): Promise<void> {
  const signal = onInterrupt();
  const create = (onEvent: (event: ChatEvent) => void): ChatClient => createClient(url, options, onEvent);
  const { stdin: input, stdout: output, stderr: notes } = process;
  try {
    if (input.isTTY && output.isTTY && !options.json)
      await talkOnTerminal({ input, output, where: url, create }, { signal });
    else
      await talkThroughPipe(
        { input, output, notes, json: options.json ?? false, where: url, create },
        { signal },
      );
  } catch (error) {
    signal.throwIfAborted();
    throw advise(error);
  }
}

function createClient(url: string, options: ChatOptions, onEvent: (event: ChatEvent) => void): ChatClient {
  return new ChatClient({
    name: options.name,
    rooms: options.room,
    history: options.history,
    token: options.token,
    reconnect: options.reconnect,
    dial: (options) => dial(url, options),
    onEvent,
  });
}

/** The error with what to do about it. */
function advise(thrown: unknown): NetError {
  const error = toNetError(thrown, 'The chat failed');
  const reason = error instanceof Refusal ? error.reason : '';
  let hint = '';
  if (reason === 'name-taken' || reason === 'bad-name') hint = '; choose another with --name';
  else if (reason === 'token-needed') return new NetError(error.code, TOKEN_HINT, { cause: error });
  else if (error.errno === 'ECONNREFUSED' || error.errno === 'ENOENT')
    hint = '; `npm start` or `modnet up` starts an exchange';
  if (hint === '') return error;
  return new NetError(error.code, `${error.message}${hint}`, { cause: error, errno: error.errno });
}

function defaultName(): string {
  if (process.env.USER) return process.env.USER;
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as in a container.
    return `guest-${process.pid}`;
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d{1,3}$/.test(text) && count <= HISTORY_MAX) return count;
  throw new InvalidArgumentError(`"${text}" is not a number from 0 to ${HISTORY_MAX}.`);
}
