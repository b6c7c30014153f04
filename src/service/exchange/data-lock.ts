/**
 * One server at a time on a data directory. The lock is SQLite's own on a file beside the history: the system frees
 * it with the process, however that ends, and the history stays readable for other programs.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { NetError } from '../../core/index.ts';

export class DataLock {
  readonly #lock: DatabaseSync;
  readonly #pidFile: string;

  /** @throws NetError `busy` that names the process which holds the directory */
  constructor(directory: string) {
    this.#pidFile = join(directory, 'exchange.pid');
    let lock: DatabaseSync | undefined;
    try {
      lock = new DatabaseSync(join(directory, 'exchange.lock'));
      lock.exec('BEGIN EXCLUSIVE');
      writeFileSync(this.#pidFile, `${process.pid}\n`);
    } catch (thrown) {
      lock?.close();
      throw this.#held(directory, thrown);
    }
    this.#lock = lock;
  }

  close(): void {
    rmSync(this.#pidFile, { force: true });
    this.#lock.close();
  }

  #held(directory: string, cause: unknown): NetError {
    if (!/locked|busy/.test(String(cause)))
      return new NetError(
        'refused',
        `Cannot lock the data directory ${directory}: ${words(cause)}; it must be writable`,
        { cause },
      );
    const pid = this.#holder();
    return new NetError(
      'busy',
      `Cannot use the data directory ${directory}: ${pid === null ? 'another process' : `process ${pid}`} ` +
        'runs an exchange on it; stop that one or choose another with --data',
      { cause },
    );
  }

  #holder(): string | null {
    try {
      return /^\d+/.exec(readFileSync(this.#pidFile, 'utf8'))?.[0] ?? null;
    } catch {
      return null;
    }
  }
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
