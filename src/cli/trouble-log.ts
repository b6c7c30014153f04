/** Troubles of a server on standard error. One that keeps coming, as from a full disk, is told now and then only. */

/** How long, in ms, a message that was told is only counted. Precedent: ratelimit_interval of the kernel's log, 5 s. */
const QUIET = 5_000;

/** Messages that are remembered; beyond it the oldest is forgotten and may be told early. */
const MAX_REMEMBERED = 64;

interface Told {
  readonly at: number;
  since: number;
}

export class TroubleLog {
  readonly #write: (line: string) => void;
  readonly #now: () => number;
  readonly #told = new Map<string, Told>();

  constructor(write: (line: string) => void, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#now = now;
  }

  tell({ message }: Error): void {
    const told = this.#told.get(message);
    if (told !== undefined && this.#now() - told.at < QUIET) {
      told.since++;
      return;
    }
    const again =
      told === undefined || told.since === 0 ? '' : ` (and ${told.since} times since it was last told)`;
    this.#told.delete(message);
    if (this.#told.size >= MAX_REMEMBERED) this.#told.delete(this.#told.keys().next().value!);
    this.#told.set(message, { at: this.#now(), since: 0 });
    this.#write(`modnet: ${message}${again}\n`);
  }
}
