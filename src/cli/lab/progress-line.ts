/** One line on a terminal that rewrites itself: which step of how many, what it does, and since when. Silent elsewhere. */

/** Ms between rewritings: the seconds that it shows. */
const TICK = 1_000;

/** Columns where the terminal does not tell: what one has had since the VT100. */
const USUAL_WIDTH = 80;

/** CSI 2 K erases the line (ECMA-48, 8.3.41). */
const ERASE = '\r\u001b[2K';

export interface ProgressTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine implements Disposable {
  readonly #terminal: ProgressTerminal;
  readonly #name: string;
  readonly #now: () => number;
  readonly #started: number;
  #timer: NodeJS.Timeout | undefined;
  #shown = '';

  /** @param now milliseconds */
  constructor(terminal: ProgressTerminal, name: string, now: () => number = () => performance.now()) {
    this.#terminal = terminal;
    this.#name = name;
    this.#now = now;
    this.#started = now();
  }

  step(done: number, of: number, what: string): void {
    if (this.#terminal.isTTY !== true) return;
    this.#shown = `${this.#name}: step ${Math.min(done + 1, of)} of ${of}, ${what}`;
    this.#timer ??= setInterval(() => this.#draw(), TICK).unref();
    this.#draw();
  }

  /** Leaves the line empty for what comes next. */
  clear(): void {
    if (this.#timer !== undefined) this.#terminal.write(ERASE);
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.clear();
  }

  #draw(): void {
    const elapsed = ` (${Math.floor((this.#now() - this.#started) / 1000)} s)`;
    // 0 is a terminal that does not know its size.
    const room = (this.#terminal.columns || USUAL_WIDTH) - elapsed.length - 1;
    this.#terminal.write(`${ERASE}${this.#shown.slice(0, Math.max(0, room))}${elapsed}`);
  }
}
