/** `modnet lab`: runs experiments on this machine and shows what they found. */
import { writeFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { type NetError, toNetError } from '../core/index.ts';
import {
  ALL,
  describeMachine,
  type Experiment,
  experiments,
  type Finding,
  findExperiments,
  type Report,
  renderHtml,
  renderText,
} from '../service/lab/index.ts';
import { onInterrupt } from './interrupt.ts';
import { checkWritable, pageFor } from './lab/page-file.ts';
import { ProgressLine } from './lab/progress-line.ts';
import { paint } from './style.ts';

const EXAMPLES = `
Without a name it lists the experiments. Each explains what it measures, and needs no network beyond this machine.
What was found is printed, and written as a page that needs nothing else to be read; with --json only the JSON is
printed, and the page is written only where --html asks for it.

Examples:
  $ modnet lab                                  the experiments, and how long each takes
  $ modnet lab pollers                          prints, and writes modnet-lab-pollers.html
  $ modnet lab pollers mutex --quick
  $ modnet lab all --html report.html
  $ modnet lab mutex --json | jq .findings[0].parts

Exit codes:
  0  done   1  an experiment could not run, or the page not be written   2  wrong usage, such as an unknown name
  130  interrupted`;

interface LabOptions {
  readonly quick?: boolean;
  readonly json?: boolean;
  /** `true` is what commander makes of neither `--html` nor `--no-html`. */
  readonly html?: string | boolean;
}

export function registerLab(program: Command): void {
  program
    .command('lab')
    .description('measure, on this machine, what books say about networks and threads')
    .argument('[experiment...]', `names from the list, or ${ALL}`, collectName)
    .option('--quick', 'fewer points and shorter measurements: same order, less precision')
    .option('--json', 'print what was found as one JSON object')
    .option('--html <file>', 'where the page is written (default: modnet-lab-NAME.html here)')
    .option('--no-html', 'write no page')
    .addHelpText('after', EXAMPLES)
    .action(run);
}

/** An unknown name is wrong usage. */
function collectName(name: string, previous: readonly string[] = []): readonly string[] {
  try {
    findExperiments([name]);
  } catch (error) {
    throw new InvalidArgumentError((error as NetError).message);
  }
  return [...previous, name];
}

async function run(names: readonly string[], options: LabOptions): Promise<void> {
  if (names.length === 0) {
    process.stdout.write(listing(experiments));
    return;
  }
  const page = pageFor(names, options);
  if (page !== undefined) checkWritable(page);
  const findings = await runAll(findExperiments(names), options);
  const report: Report = { machine: describeMachine(), date: new Date().toISOString(), findings };
  if (options.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (page !== undefined) writePage(page, report);
}

async function runAll(chosen: readonly Experiment[], { quick, json }: LabOptions): Promise<Finding[]> {
  const signal = onInterrupt();
  const findings: Finding[] = [];
  for (const experiment of chosen) {
    using line = new ProgressLine(process.stderr, experiment.name);
    const progress = line.step.bind(line);
    const finding = await experiment.run({ quick: quick === true, signal, progress });
    signal.throwIfAborted();
    line.clear();
    findings.push(finding);
    if (!json) process.stdout.write(`${findings.length > 1 ? '\n' : ''}${textOf(finding)}`);
  }
  return findings;
}

function textOf(finding: Finding): string {
  const { columns } = process.stdout;
  const colour = paint('bold', 'x') !== 'x';
  // No columns are a file, none at all a terminal that does not know its size.
  return renderText(finding, { colour, ...(columns ? { width: columns } : {}) });
}

function writePage(file: string, report: Report): void {
  try {
    writeFileSync(file, renderHtml(report));
  } catch (thrown) {
    throw toNetError(thrown, `Cannot write the page ${file}`);
  }
  process.stderr.write(`\nThe page is in ${file}\n`);
}

/** One line for each experiment. */
function listing(known: readonly Experiment[]): string {
  const width = Math.max(...known.map(({ name }) => name.length), ALL.length);
  const lines = known.map(({ name, about, seconds }) => {
    const times = paint('dim', `(${seconds.full} s, --quick ${seconds.quick} s)`);
    return `  ${paint('bold', name.padEnd(width))}  ${about} ${times}`;
  });
  return `Experiments:\n${lines.join('\n')}\n\nRun one with: modnet lab NAME, several, or ${ALL}; modnet lab --help tells more.\n`;
}
