/** Pipes for splice(2), shared by all connections: each has one only while bytes are between its two sockets. */
import { close, type Pipe, pipe2, setPipeSize } from '../../kernel/index.ts';

/**
 * Bytes of a pipe, where the system allows it: /proc/sys/fs/pipe-max-size of a user without privilege (pipe(7)).
 * What it refuses stays at the 64 KiB that pipes begin with.
 */
export const PIPE_SIZE = 1024 * 1024;

/** Pipes at a time. 64 of `PIPE_SIZE` are /proc/sys/fs/pipe-user-pages-soft, 16,384 pages (pipe(7)). */
export const MAX_PIPES = 64;

export class PipePool {
  readonly #limit: number;
  #idle: Pipe[] = [];
  #made = 0;

  constructor(limit: number = MAX_PIPES) {
    this.#limit = limit;
  }

  /** Pipes that exist, idle or taken. */
  get size(): number {
    return this.#made;
  }

  /** An empty pipe, or `null` when all are taken or the system has no more descriptors. */
  take(): Pipe | null {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#made >= this.#limit) return null;
    const pipe = pipe2();
    if (typeof pipe === 'number') return null;
    setPipeSize(pipe.write, PIPE_SIZE);
    this.#made++;
    return pipe;
  }

  /** Takes back a pipe that is empty. */
  give(pipe: Pipe): void {
    this.#idle.push(pipe);
  }

  /** Closes a pipe that was taken, with whatever is in it. */
  discard(pipe: Pipe): void {
    this.#made--;
    close(pipe.read);
    close(pipe.write);
  }

  /** Closes the pipes that nobody has. */
  close(): void {
    for (const pipe of this.#idle.splice(0)) this.discard(pipe);
  }
}
