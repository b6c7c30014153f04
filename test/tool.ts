/** Runs `modnet` as a user does, in a process of its own, for the tests of its commands. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../bin/modnet.js', import.meta.url));

/** Milliseconds after which a program that a test waits for is given up. */
const PATIENCE = 20_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export class Tool {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  #stdout: Buffer[] = [];
  #stderr = '';
  #changed: (() => void)[] = [];

  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(program, args, { env: { ...process.env, NO_COLOR: '1', ...env } });
    this.child.stdin.on('error', () => {});
    this.child.stdout.on('data', (chunk: Buffer) => this.#add(() => this.#stdout.push(chunk)));
    this.child.stderr.on('data', (chunk: Buffer) => this.#add(() => (this.#stderr += chunk)));
    this.ended = once(this.child, 'close').then(([code]) => {
      this.#add(() => {});
      return { code, stdout: Buffer.concat(this.#stdout), stderr: this.#stderr };
    });
    setTimeout(() => this.child.kill('SIGKILL'), PATIENCE).unref();
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Ends its standard input, after `last`. */
  end(last: string | Uint8Array = ''): this {
    this.child.stdin.end(last);
    return this;
  }

  /** Waits until both outputs together match. */
  async seen(pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = pattern.exec(this.stdout + this.#stderr);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await this.ended;
        const last = pattern.exec(this.stdout + this.#stderr);
        if (last !== null) return last;
        throw new Error(`${pattern} was never seen in: ${this.stdout}${this.#stderr}`);
      }
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  /** The address that it listens on. */
  async address(): Promise<string> {
    return (await this.seen(/listening(?: on |","address":")([a-z]+:[^\s",]+)/))[1]!;
  }

  async port(): Promise<number> {
    return Number((await this.address()).split(':').at(-1));
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.child.kill(signal);
  }

  [Symbol.dispose](): void {
    this.kill();
  }

  #add(change: () => void): void {
    change();
    for (const wake of this.#changed.splice(0)) wake();
  }
}

export function modnet(...args: string[]): Tool {
  return new Tool(process.execPath, [BIN, ...args]);
}
