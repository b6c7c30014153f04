/**
 * Runs the tests: every `*.test.ts` of the repository in the working directory, each file in a process of its own.
 *
 *     npm test                                  all
 *     npm test -- src/core tools                files whose path contains one of these
 *     npm test -- --test-name-pattern=reset     other arguments go to node in each process
 *
 * On a terminal every test is shown; elsewhere only failures and skips, and the counts. A run without a test fails, and
 * so does a file without one.
 */
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Transform } from 'node:stream';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { listFiles } from './sources.ts';

/** Milliseconds that one file may take; the slowest ones need a few seconds on an idle machine. */
const FILE_TIMEOUT_MS = 180_000;

interface TestEvent {
  readonly type: string;
  readonly data: { readonly skip?: unknown; readonly file?: string; readonly success?: boolean };
}

interface Located {
  readonly name: string;
  /** Where the test is written, which for a test of a suite is not the file that was run. */
  readonly file?: string | undefined;
  /** The file that was run; not in Node's types yet. */
  readonly entryFile?: string | undefined;
}

interface Outcome {
  success: boolean;
  /** Files in which at least one test ran or was skipped. */
  readonly used: Set<string>;
}

export function selectFiles(files: readonly string[], parts: readonly string[]): string[] {
  if (parts.length === 0) return [...files];
  return files.filter((file) => parts.some((part) => file.includes(part.replace(/^\.\//, ''))));
}

async function runFiles(files: string[], flags: string[]): Promise<Outcome> {
  const outcome: Outcome = { success: false, used: new Set() };
  const events = run({
    files,
    // One a core: many of them wait more than they compute.
    concurrency: availableParallelism(),
    timeout: FILE_TIMEOUT_MS,
    execArgv: ['-C', 'modnet-source', '--disable-warning=ExperimentalWarning', ...flags],
  });
  // The runner reports a file without tests as one test that passed, under the name of the file.
  const use = ({ name, file, entryFile }: Located): void => {
    if (file !== undefined && !files.includes(name)) outcome.used.add(entryFile ?? file);
  };
  events.on('test:pass', use);
  events.on('test:fail', use);
  events.on('test:summary', ({ file, success }) => {
    if (file === undefined) outcome.success = success;
  });
  const report = events.compose(tersely(process.stdout.isTTY)).compose(spec);
  for await (const text of report) process.stdout.write(text);
  return outcome;
}

/** Keeps what the reporter needs to print failures, skips and counts, or everything. */
function tersely(everything: boolean): Transform {
  const dropped = ['test:pass', 'test:start', 'test:stdout'];
  return new Transform({
    objectMode: true,
    transform(event: TestEvent, _encoding, done) {
      const isShown = everything || event.data.skip !== undefined || !dropped.includes(event.type);
      done(null, isShown ? event : undefined);
    },
  });
}

async function main(args: readonly string[]): Promise<void> {
  const flags = args.filter((arg) => arg.startsWith('-'));
  const parts = args.filter((arg) => !arg.startsWith('-'));
  const files = selectFiles(listFiles('**/*.test.ts', process.cwd()), parts);
  if (files.length === 0) throw new Error(`No test file matches ${parts.join(' ')}`);
  const { success, used } = await runFiles(files, flags);
  if (used.size === 0) throw new Error('No test ran');
  const empty = files.filter((file) => !used.has(resolve(file)));
  // With a pattern, files in which nothing matches are to be expected.
  if (flags.length === 0 && empty.length > 0 && success) throw new Error(`No test in ${empty.join(', ')}`);
  process.exitCode = success ? 0 : 1;
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
