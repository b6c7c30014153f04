/**
 * `exec:command`: a child process, run by `/bin/sh -c`, whose standard input and output are the connection. Its
 * standard error stays this process's. Ending the sending half ends the child's input.
 */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Address, namedAddress } from '../../core/address.ts';
import { WireConnection } from '../../core/connection.ts';
import type { Bytes, HalfCloseable, Receiver, Wire } from '../../core/contract.ts';
import { NetError, toNetError } from '../../core/error.ts';
import { PENDING_LIMIT, pendingLimitError } from '../../core/pending.ts';
import { addressOf, type ConnectOnly, type TransportOptions } from '../options.ts';

type Child = ChildProcessByStdio<Writable, Readable, null>;

export const exec: ConnectOnly = { scheme: 'exec', connect };

/**
 * Starts the command. The connection closes when the child has exited: with `broken`, which names the exit code or
 * the signal, when it failed. Aborting kills it (SIGKILL).
 */
async function connect(address: Address | string, options: TransportOptions = {}): Promise<HalfCloseable> {
  options.signal?.throwIfAborted();
  const remote = addressOf(address, 'exec', 'named', 'exec:cat');
  // A group of its own, so that killing reaches what the shell has started.
  const child = spawn('/bin/sh', ['-c', remote.name], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const what = `The command ${JSON.stringify(remote.name)}`;
  await started(child, what);
  const endpoints = { local: namedAddress('exec', `pid ${process.pid}`), remote };
  return new WireConnection(new ChildWire(child, what), endpoints, options);
}

function started(child: ChildProcess, what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(toNetError(error, `${what} could not be started`)));
    child.once('spawn', resolve);
  });
}

class ChildWire implements Wire {
  readonly #child: Child;
  readonly #what: string;
  #receiver: Receiver | undefined;
  #ended = false;
  #aborted = false;
  #closed = false;
  #drainWanted = false;
  #reason: Error | undefined;

  constructor(child: Child, what: string) {
    this.#child = child;
    this.#what = what;
    // A child that does not read its input is no failure; what it says with its exit code counts.
    child.stdin.on('error', () => {});
    child.stdout.on('error', () => {});
    child.on('error', (error) => {
      this.#reason ??= toNetError(error, what);
    });
    // After the exit, and once its output has been read to the end.
    child.on('close', (code, signal) => this.#onClose(code, signal));
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get pending(): number {
    return this.#child.stdin.writableLength;
  }

  start(receiver: Receiver): void {
    const first = this.#receiver === undefined;
    this.#receiver = receiver;
    if (!first) return;
    this.#child.stdout.on('data', (chunk: Bytes) => this.#tell((to) => to.onData(chunk)));
    this.#child.stdout.on('end', () => this.#tell((to) => to.onEnd()));
    this.#child.stdin.on('drain', () => this.#onDrain());
    // A stream that is ending or broken emits no 'drain'.
    this.#child.stdin.on('close', () => this.#onDrain());
  }

  push(data: Bytes): boolean {
    if (this.#ended || this.#aborted || this.#closed) return false;
    if (this.pending >= PENDING_LIMIT) {
      this.abort(pendingLimitError(this.#what));
      return false;
    }
    // The child has closed its input: what is written now has nobody to read it, as with `yes | true`.
    if (this.#child.stdin.destroyed) return true;
    const room = this.#child.stdin.write(data);
    if (!room) this.#drainWanted = true;
    return room;
  }

  pause(): void {
    this.#child.stdout.pause();
  }

  resume(): void {
    this.#child.stdout.resume();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#child.stdin.end();
  }

  abort(reason?: Error): void {
    if (this.#aborted) return;
    this.#aborted = true;
    if (this.#closed) return;
    this.#reason ??= reason;
    this.#child.stdin.destroy();
    this.#child.stdout.destroy();
    this.#kill();
  }

  /** The whole group of this child, and only while the child has not been waited for: its number may be another's then. */
  #kill(): void {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.#child.kill('SIGKILL');
    }
  }

  #onDrain(): void {
    if (!this.#drainWanted) return;
    this.#drainWanted = false;
    this.#tell((to) => to.onDrain());
  }

  #onClose(code: number | null, signal: string | null): void {
    this.#closed = true;
    if (!this.#aborted && signal !== null)
      this.#reason ??= new NetError('broken', `${this.#what} was killed by ${signal}`);
    if (!this.#aborted && code !== null && code !== 0)
      this.#reason ??= new NetError('broken', `${this.#what} failed with exit code ${code}`);
    this.#receiver?.onClose(this.#reason);
  }

  #tell(call: (receiver: Receiver) => void): void {
    if (this.#aborted || this.#closed) return;
    try {
      call(this.#receiver!);
    } catch (thrown) {
      this.abort(toNetError(thrown, 'The receiver failed'));
    }
  }
}
