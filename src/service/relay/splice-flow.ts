/**
 * One direction of a splice: socket to pipe to socket, inside the kernel. It moves what it can when it is told that
 * a socket is ready, and says what it waits for.
 */
import { EAGAIN, EINTR, type Pipe, read, splice } from '../../kernel/index.ts';
import { PIPE_SIZE, type PipePool } from './pipe-pool.ts';

/** Pipes filled for one flow before the others have their turn. */
const MAX_ROUNDS = 4;

/** Less than this in one go has probably emptied the socket; the loop tells if it has not. */
const SHORT = 64 * 1024;

/**
 * - `source`: there was nothing more to read
 * - `sink`: it takes no more
 * - `again`: stopped to be fair; there may be more
 * - `end`: the source has ended and all of it has been moved
 * - `no-pipe`: no pipe was to be had; nothing is between the two
 * - an error: `-errno` of one of the two
 */
export type FlowState = 'source' | 'sink' | 'again' | 'end' | 'no-pipe' | FlowError;

export interface FlowError {
  readonly failed: 'source' | 'sink';
  readonly result: number;
}

export class SpliceFlow {
  readonly #pool: PipePool;
  #pipe: Pipe | null = null;
  #inPipe = 0;
  #ended: boolean;
  /** Bytes given to the sink. */
  moved = 0;

  constructor(pool: PipePool, ended: boolean) {
    this.#pool = pool;
    this.#ended = ended;
  }

  /** Nothing more will come, and nothing is under way. */
  get isDone(): boolean {
    return this.#ended && this.#inPipe === 0;
  }

  /** Moves bytes until one side is not ready. The pipe is kept only when bytes are in it. */
  run(source: number, sink: number): FlowState {
    const state = this.#move(source, sink);
    if (this.#inPipe === 0) this.#givePipe();
    return state;
  }

  /** Takes what is under way out of the kernel, for the caller to send. */
  takeRest(): Uint8Array | null {
    const pipe = this.#pipe;
    if (pipe === null) return null;
    const rest = new Uint8Array(this.#inPipe);
    let filled = 0;
    while (filled < rest.length) {
      const count = read(pipe.read, rest.subarray(filled));
      if (count === -EINTR) continue;
      if (count <= 0) break;
      filled += count;
    }
    this.#inPipe = 0;
    this.#givePipe();
    return rest.subarray(0, filled);
  }

  /** Drops what is under way. */
  drop(): void {
    if (this.#pipe !== null) this.#pool.discard(this.#pipe);
    this.#pipe = null;
    this.#inPipe = 0;
  }

  #move(source: number, sink: number): FlowState {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const drained = this.#drain(sink);
      if (drained !== null) return drained;
      if (this.#ended) return 'end';
      const filled = this.#fill(source);
      if (filled !== null) return filled;
      const short = this.#inPipe < SHORT;
      const left = this.#drain(sink);
      if (left !== null) return left;
      if (short) return 'source';
    }
    return 'again';
  }

  /** Fills the pipe, which is empty, so that `-EAGAIN` can only mean the source. */
  #fill(source: number): FlowState | null {
    this.#pipe ??= this.#pool.take();
    if (this.#pipe === null) return 'no-pipe';
    for (;;) {
      const count = splice(source, this.#pipe.write, PIPE_SIZE);
      if (count === -EINTR) continue;
      if (count === -EAGAIN) return 'source';
      if (count < 0) return { failed: 'source', result: count };
      if (count === 0) {
        this.#ended = true;
        return 'end';
      }
      this.#inPipe = count;
      return null;
    }
  }

  #drain(sink: number): FlowState | null {
    while (this.#inPipe > 0) {
      const asked = this.#inPipe;
      const count = splice(this.#pipe!.read, sink, asked);
      if (count === -EINTR) continue;
      if (count === -EAGAIN || count === 0) return 'sink';
      if (count < 0) return { failed: 'sink', result: count };
      this.#inPipe -= count;
      this.moved += count;
    }
    return null;
  }

  #givePipe(): void {
    if (this.#pipe !== null) this.#pool.give(this.#pipe);
    this.#pipe = null;
  }
}
