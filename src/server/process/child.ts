/** A process of the server, as its parent sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { moduleBeside } from '../../core/module-beside.ts';
import type { Site } from '../crew.ts';
import { type Brief, briefOf, type Task, type ToWorker } from '../workers/brief.ts';
import { Inbox } from '../workers/inbox.ts';
import type { Worker } from '../workers/worker.ts';

/** Ms that the last words of a process may come after its end. */
const LAST_WORDS = 1_000;

export class Child implements Worker {
  readonly ready: Promise<void>;
  readonly stopped: Promise<void>;
  readonly exited: Promise<string>;
  readonly #inbox: Inbox;
  readonly #process: ChildProcess;
  #killed = false;

  /**
   * Starts it. When that fails it has exited, and says why.
   * @param socket the descriptor that it inherits; its copy is its own. -1 for none
   */
  constructor(site: Site, worker: number, task: Task, socket: number) {
    this.#inbox = new Inbox(site, worker);
    this.ready = this.#inbox.ready;
    this.stopped = this.#inbox.stopped;
    this.#process = start(socket, site.memory);
    this.exited = this.#watch();
    this.#process.on('message', (message) => this.#inbox.receive(message));
    if (this.#process.pid === undefined) return;
    site.roster.scoreboard.setPid(worker, this.#process.pid);
    const brief: Brief = briefOf(site, worker, task);
    this.#send({ modnet: 'brief', brief });
  }

  get killed(): boolean {
    return this.#killed;
  }

  drain(timeout: number, last = false): void {
    this.#send({ modnet: 'drain', timeout, last });
  }

  kill(): void {
    this.#killed = true;
    this.#process.kill('SIGKILL');
  }

  /** To one that has ended it goes nowhere; `exited` tells. */
  #send(message: ToWorker): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** What it said last may be read after its end has been seen. */
  async #watch(): Promise<string> {
    const child = this.#process;
    const how = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.on('error', (error) => {
        if (child.pid === undefined) resolve(`could not be started: ${error.message}`);
      });
    });
    if (child.connected) await lastWords(child);
    this.#inbox.close(how);
    return how;
  }
}

function start(socket: number, memory: number): ChildProcess {
  return fork(moduleBeside(import.meta.url, 'process-entry'), [], {
    // A debugger's port can be had once.
    execArgv: execArgvOf(process.execArgv),
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', socket < 0 ? 'ignore' : socket, memory],
  });
}

function lastWords(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, LAST_WORDS);
    child.once('disconnect', () => {
      clearTimeout(late);
      resolve();
    });
  });
}

function execArgvOf(own: readonly string[]): string[] {
  return own.filter((argument) => !argument.startsWith('--inspect'));
}
