/** How a load goes, on one line of a terminal that rewrites itself. Silent elsewhere. */
import type { LoadProgress } from '../../service/lab/index.ts';
import { grouped } from './result.ts';

/** CSI 2 K erases the line (ECMA-48, 8.3.41). */
const ERASE = '\r\u001b[2K';

export interface LoadTerminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class LoadLine {
  readonly #terminal: LoadTerminal;
  #isShown = false;

  constructor(terminal: LoadTerminal) {
    this.#terminal = terminal;
  }

  show(progress: LoadProgress): void {
    if (this.#terminal.isTTY !== true) return;
    this.#isShown = true;
    this.#terminal.write(`${ERASE}${lineOf(progress).slice(0, (this.#terminal.columns ?? 80) - 1)}`);
  }

  /** Leaves the line empty for what comes next. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(ERASE);
    this.#isShown = false;
  }
}

function lineOf({ phase, seconds, of, requests, errors }: LoadProgress): string {
  const name = phase === 'warm-up' ? 'warm-up' : 'measuring';
  const rate = seconds > 0 ? grouped(requests / seconds) : '0';
  const failed = errors === 0 ? '' : `, ${grouped(errors)} errors`;
  return `${name} ${Math.floor(seconds)} s of ${Number(of.toFixed(1))} s, ${rate} requests/s${failed}`;
}
