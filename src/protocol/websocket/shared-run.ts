/**
 * Frames that many sockets send one after another. A room says the same to everybody in it, so that what waits for one member is
 * mostly what waits for the next: the frames are joined once, and all of them are given the same bytes.
 */
import type { Bytes } from '../../core/contract.ts';
import { takeRegion } from './frame-slab.ts';

export class SharedRun {
  readonly #frame: Bytes;
  readonly #before: SharedRun | undefined;
  /** The run that most sockets went on to. */
  #after: SharedRun | undefined;
  #joined: Bytes | undefined;
  /** In bytes. */
  readonly length: number;

  constructor(frame: Bytes, before?: SharedRun) {
    this.#frame = frame;
    this.#before = before;
    this.length = frame.length + (before?.length ?? 0);
  }

  /** This and then `next`, which is a run of one frame. */
  followedBy(next: SharedRun): SharedRun {
    if (this.#after === undefined || this.#after.#frame !== next.#frame)
      this.#after = new SharedRun(next.#frame, this);
    return this.#after;
  }

  get bytes(): Bytes {
    this.#joined ??= this.#before === undefined ? this.#frame : this.#join();
    return this.#joined;
  }

  #join(): Bytes {
    const joined = takeRegion(this.length);
    let at = this.length;
    for (let run: SharedRun | undefined = this; run !== undefined; run = run.#before) {
      at -= run.#frame.length;
      joined.set(run.#frame, at);
    }
    return joined;
  }
}
