/** `modnet listen`: accepts connections and does one simple thing with each. */
import { type Command, Option } from 'commander';
import type { Address } from '../core/index.ts';
import { Clients, MAX_CLIENTS } from './listen/clients.ts';
import { addArchitectureOptions, architectures, type ListenOptions, parseHandler } from './listen/options.ts';
import { serveClients } from './listen/serve-clients.ts';
import { architectureOf, usageFault } from './listen/usage.ts';
import { addStreamOptions, parseCount, parseListenUrl } from './stream/options.ts';

const EXAMPLES = `
Without --echo, --discard, --exec, --to or --handler, what clients send goes to standard output and standard input
goes to every client. Without --keep-open the first client is the only one.

With --architecture it is a server: it drains on Ctrl-C and SIGTERM, SIGUSR1 prints its statistics, and where there
are workers SIGHUP loads the handler anew, SIGTTIN and SIGTTOU add and remove one.

Examples:
  $ modnet listen tcp://127.0.0.1:9000                          one client, as nc -l
  $ modnet listen tcp://127.0.0.1:0 --echo --keep-open -v       any number of clients on a free port
  $ modnet listen unix:./upload.sock --to upload.bin
  $ modnet listen 'tls://127.0.0.1:7443?cert=cert.pem' --echo --keep-open
  $ modnet listen tcp://[::]:9000 --exec 'tr a-z A-Z' --max 20 --idle 60
  $ modnet listen udp://127.0.0.1:9000 --keep-open --hex
  $ modnet listen tcp://127.0.0.1:9000 --architecture hybrid --workers 4 --echo
  $ modnet listen tcp://127.0.0.1:9000 --handler ./my-protocol.ts
  $ modnet listen tcp://127.0.0.1:9000 --architecture prefork --handler ./my-protocol.ts -v

A handler is a module whose default export is async (connection, context) => void.

Exit codes:
  0  the client has ended   1  cannot listen, the only client broke, or the handler does not load   2  wrong usage
  130  interrupted, which is how a server ends`;

export function registerListen(program: Command): void {
  const command = program
    .command('listen')
    .description('accept connections and echo, discard, execute, store, handle, or talk to them')
    .argument(
      '<url>',
      'where: tcp://HOST:PORT, tls:, udp:, ws:, wss:, unix:PATH; port 0 for a free one',
      parseListenUrl,
    );
  addModes(command)
    .option('--keep-open', 'accept further clients, also at the same time')
    .option(
      '--max <count>',
      `clients at a time, implies --keep-open (default: ${MAX_CLIENTS}, of a server 10000)`,
      parseCount,
    );
  addArchitectureOptions(addStreamOptions(command)).addHelpText('after', architectures());
  command.addHelpText('after', EXAMPLES).action(run);
}

function addModes(command: Command): Command {
  return command
    .addOption(new Option('--echo', 'send back what arrives').conflicts(['discard', 'exec', 'to', 'handler']))
    .addOption(new Option('--discard', 'drop what arrives').conflicts(['exec', 'to', 'handler']))
    .addOption(
      new Option('--exec <command>', 'run a shell command for each client').conflicts(['to', 'handler']),
    )
    .addOption(new Option('--to <file>', 'write what arrives into a file').conflicts('handler'))
    .addOption(
      new Option('--handler <module>', 'run the default export of a module for each client').argParser(
        parseHandler,
      ),
    );
}

async function run(address: Address, options: ListenOptions, command: Command): Promise<void> {
  const fault = usageFault(address, options);
  if (fault !== undefined) command.error(`error: ${fault}`);
  const architecture = architectureOf(options);
  if (architecture === undefined) await new Clients(address, options).run();
  else await serveClients(address, architecture, options);
}
