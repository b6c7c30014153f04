/** `modnet serve`: the files of a folder over HTTP. */
import type { Command } from 'commander';
import type { Address } from '../core/index.ts';
import {
  compose,
  cors,
  type FileHandler,
  type HttpHandler,
  type HttpServer,
  serveFiles,
  serveHttp,
} from '../service/http/index.ts';
import { EXIT, Interrupted } from './exit.ts';
import { servingCertificate } from './serve/certificate.ts';
import {
  addressOf,
  addServeOptions,
  fileOptions,
  parseServeUrl,
  type ServeCommandOptions,
  usageFault,
} from './serve/options.ts';
import { ServeTeller } from './serve/serve-teller.ts';

const EXAMPLES = `
Only this machine reaches it unless --host or the URL says otherwise. Nothing outside the folder is served, also not through
links; names that begin with a dot are not, but for .well-known. Text is compressed on its way; a.css.br, a.css.zst and
a.css.gz are taken for a.css.

Examples:
  $ modnet serve                                     the folder that you are in, on http://127.0.0.1:8000
  $ modnet serve dist --spa --cache 1h               an application with its routes in the browser
  $ modnet serve ~/share --listing --host 0.0.0.0    for everybody who can reach this machine
  $ modnet serve public https://localhost:8443       encrypted; modnet cert authority tells how browsers trust it
  $ modnet serve . unix:./web.sock --log combined    for a proxy on the same machine
  $ modnet serve . -p 0 --json                       a free port, told as JSON

Exit codes:
  1  no such folder, or cannot listen   2  wrong usage   130  interrupted, which is how a server ends`;

export function registerServe(program: Command): void {
  const command = program
    .command('serve')
    .description('serve the files of a folder over HTTP')
    .argument('[folder]', 'what to serve', '.')
    .argument('[url]', 'where: http://HOST:PORT, https://HOST:PORT, unix:PATH', parseServeUrl);
  addServeOptions(command).addHelpText('after', EXAMPLES).action(run);
}

async function run(
  folder: string,
  url: Address | undefined,
  options: ServeCommandOptions,
  command: Command,
): Promise<void> {
  const fault = usageFault(url, options);
  if (fault !== undefined) command.error(`error: ${fault}`);
  const teller = new ServeTeller(options);
  const files = serveFiles(folder, fileOptions(options));
  const server = await starting(() => start(files, addressOf(url, options), folder, options, teller));
  const reason = await server.closed;
  teller.closed(server, await server.drain());
  // Its socket failed, or somebody sent a signal: nothing else ends it.
  throw reason ?? new Interrupted();
}

async function start(
  files: FileHandler,
  address: Address,
  folder: string,
  options: ServeCommandOptions,
  teller: ServeTeller,
): Promise<HttpServer> {
  const handler: HttpHandler = options.cors ? compose([cors()], files) : files;
  const certificate = address.scheme === 'https' ? await servingCertificate(address, options) : undefined;
  if (certificate?.warning !== undefined) teller.warn(certificate.warning);
  const server = await serveHttp(address, handler, {
    accessLog: teller.accessLog,
    onError: (error) => teller.error(error),
    drainTimeout: options.drain,
    driver: options.driver,
    tls: certificate?.tls,
  });
  teller.listening(folder, server.address, certificate?.authority);
  return server;
}

/** From when it serves, the server itself handles the signals; until then they just end the program. */
async function starting(begin: () => Promise<HttpServer>): Promise<HttpServer> {
  const exit = (): never => process.exit(EXIT.interrupted);
  process.on('SIGINT', exit).on('SIGTERM', exit);
  try {
    return await begin();
  } finally {
    process.off('SIGINT', exit).off('SIGTERM', exit);
  }
}
