/** The command line: one program, its commands, and how it ends. It does not know what the commands do. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { commands } from './commands.ts';
import { report } from './exit.ts';

const HELP = `
Addresses are URLs:
  tcp://127.0.0.1:7000   tcp://[::1]:7000   udp://127.0.0.1:7000
  tls://127.0.0.1:7443   ws://127.0.0.1:8080/path   wss://127.0.0.1:8443/path
  unix:///run/app.sock   unix:@abstract     stdio:   exec:COMMAND

Examples:
  $ modnet up                                          the exchange, with a command to try for each of its doors
  $ modnet listen tcp://127.0.0.1:9000 --echo          send back what arrives
  $ modnet connect tcp://127.0.0.1:9000                type to it
  $ modnet relay tcp://127.0.0.1:8080 tcp://example.com:80
  $ modnet serve docs --listing                        a folder over HTTP
  $ modnet get https://example.com/ --timing           what a request takes

Conventions:
  --json prints one JSON object a line on standard output; messages for people go to standard error.
  Colours appear on a terminal only; NO_COLOR and FORCE_COLOR are honoured.
  MODNET_DRIVER=kernel|node picks the driver; MODNET_DEBUG=1 adds the stack to errors.

Exit codes:
  0  done   1  failed   2  wrong usage   130  interrupted`;

/** Runs the program and ends the process: a command that has returned is over, whatever still hangs on a handle. */
export async function main(argv: readonly string[]): Promise<void> {
  exitQuietlyWhenNobodyReads(process.stdout);
  exitQuietlyWhenNobodyReads(process.stderr);
  process.exit(await run(argv));
}

async function run(argv: readonly string[]): Promise<number> {
  try {
    const program = await createProgram(argv[2]);
    await program.parseAsync(argv);
    await flush(process.stdout);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error);
  }
}

/**
 * The program; commander's own errors are thrown, not exited on.
 * @param name the command that is called: the others are then left out, because loading them all takes longer than most run
 */
export async function createProgram(name?: string): Promise<Command> {
  const { version, description } = manifest();
  const program = new Command('modnet')
    .description(description)
    .version(version)
    .addHelpText('after', HELP)
    .showHelpAfterError('(modnet --help shows how)')
    // Where a command has commands of its own, options belong to the one that they stand behind.
    .enablePositionalOptions()
    .exitOverride();
  const called = commands.get(name ?? '');
  const loading = [...(called === undefined ? commands.values() : [called])];
  for (const register of await Promise.all(loading.map((load) => load()))) register(program);
  for (const command of program.commands)
    command.showHelpAfterError(`(modnet ${command.name()} --help shows how)`);
  return program;
}

/** package.json lies two folders up from src/cli and from dist/cli alike. */
function manifest(): { version: string; description: string } {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
}

/** `modnet … | head` closes the pipe early: that is the reader's right and no failure. */
function exitQuietlyWhenNobodyReads(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

function flush(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()));
}
