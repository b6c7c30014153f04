/** Runs the process that measures, and sees to it that it ends. It does not know what is measured. */
import { type ChildProcess, fork } from 'node:child_process';
import { moduleBeside, NetError } from '../../../../core/index.ts';
import type { Outcome, Plan, Report } from './plan.ts';

/** Ms after which a measurement is given up: several times what the full plan takes. */
const PATIENCE = 300_000;

/** Of what a child that fails says, the end counts. */
const ERROR_LIMIT = 4_000;

export type OnStep = (done: number, of: number, what: string) => void;

/** @throws the reason of `signal`, after the process has ended; NetError `broken` when it fails by itself. */
export async function runChild(plan: Plan, signal: AbortSignal, onStep: OnStep): Promise<Outcome> {
  signal.throwIfAborted();
  const child = start(plan);
  const kill = (): void => void child.kill('SIGKILL');
  const timer = setTimeout(kill, PATIENCE);
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await outcomeOf(child, signal, onStep);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', kill);
    kill();
  }
}

function start(plan: Plan): ChildProcess {
  const module = moduleBeside(import.meta.url, 'child');
  return fork(module, [JSON.stringify(plan)], {
    execArgv: [...process.execArgv, '--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

function outcomeOf(child: ChildProcess, signal: AbortSignal, onStep: OnStep): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let said = '';
    let outcome: Outcome | undefined;
    child.stderr!.on('data', (text) => {
      said = (said + text).slice(-ERROR_LIMIT);
    });
    child.on('message', (report: Report) => {
      if (report.kind === 'step') onStep(report.done, report.of, report.what);
      else outcome = report.outcome;
    });
    child.on('error', (cause) =>
      reject(new NetError('broken', 'Cannot start a process to measure in', { cause })),
    );
    child.on('close', (code, killed) => {
      if (signal.aborted) reject(signal.reason);
      else if (outcome !== undefined) resolve(outcome);
      else reject(failure(code ?? killed, said));
    });
  });
}

function failure(ended: unknown, said: string): NetError {
  // The first line that names an error; below it is the stack.
  const line = said.split('\n').find((text) => /\bError\b/.test(text)) ?? said.trim();
  return new NetError(
    'broken',
    `The process that measured ended with ${ended}${line === '' ? '' : `: ${line.trim()}`}`,
  );
}
