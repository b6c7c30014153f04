/**
 * A module of ours that runs in a process of its own, on a core of its own where that can be had, and is never left
 * behind. It does not know what the module does.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { NetError } from '../../../core/index.ts';

/** Ms that a process has to end after SIGTERM. */
const TERM_GRACE = 3_000;
/** Bytes of what it says on standard error that are kept, and the lines of it that are told. */
const ERROR_LIMIT = 64 * 1024;
const ERROR_LINES = 4;

export interface LabProcessOptions {
  /** Named in errors: `The load generator`. */
  readonly name: string;
  /** Number of the core that it is to run on. Default: whichever the system chooses. */
  readonly core?: number | undefined;
  readonly onMessage?: ((message: unknown) => void) | undefined;
}

const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export class LabProcess implements AsyncDisposable {
  /** Where it was pinned to; `null` when that was not asked for, or there is no taskset(1) here. */
  readonly core: number | null;
  /** Resolves when it has ended, with an error that says how. */
  readonly ended: Promise<NetError>;
  readonly #name: string;
  readonly #process: ChildProcess;
  #said = '';

  /** @param module talks over `process.send` and ends by itself on `disconnect`, which is when this process is gone */
  constructor(module: URL, { name, core, onMessage }: LabProcessOptions) {
    this.#name = name;
    this.core = core !== undefined && canPin() ? core : null;
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', fileURLToPath(module)];
    const [command, ...args] = this.core === null ? node : ['taskset', '-c', String(this.core), ...node];
    this.#process = spawn(command!, args, {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    });
    alive.add(this.#process);
    this.#process.stderr?.on('data', (text) => {
      this.#said = (this.#said + text).slice(0, ERROR_LIMIT);
    });
    if (onMessage !== undefined) this.#process.on('message', onMessage);
    this.ended = this.#watch();
  }

  /** `undefined` when it could not be started. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** To one that has ended it goes nowhere; `ended` tells. */
  send(message: object): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Asks it to end, and makes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), TERM_GRACE);
    await this.ended;
    clearTimeout(timer);
  }

  #watch(): Promise<NetError> {
    return new Promise((resolve) => {
      const settle = (how: string): void => {
        alive.delete(this.#process);
        resolve(new NetError('broken', `${this.#name} ${how}${this.#told()}`));
      };
      this.#process.once('error', (error) => {
        if (this.#process.pid === undefined) settle(`could not be started: ${error.message}`);
      });
      this.#process.once('close', (code, signal) =>
        settle(signal === null ? `ended with ${code}` : `was ended by ${signal}`),
      );
    });
  }

  /** The lines that name the trouble; stack frames are left out. */
  #told(): string {
    const lines = this.#said.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
    return lines.length === 0 ? '' : `: ${lines.slice(0, ERROR_LINES).join(' | ')}`;
  }
}

let pins: boolean | undefined;

/** Whether taskset(1) is here. */
function canPin(): boolean {
  pins ??= spawnSync('taskset', ['-V'], { stdio: 'ignore' }).status === 0;
  return pins;
}
