/**
 * A terminal with an input line at the bottom and text that scrolls above it. It knows nothing of chat.
 *
 * Editing, keys and history are readline's. What this file adds: text can be printed at any time without tearing the
 * input, also when that wraps over several rows, and a line that was entered disappears, for its owner to print as he likes.
 */
import { createInterface, type Interface } from 'node:readline';
import { Keys } from './keys.ts';

/** Entered lines that the arrow keys bring back. Precedent: bash keeps 500 (HISTSIZE). */
const HISTORY_SIZE = 500;

export interface ScreenOptions {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** What Tab offers for the text left of the cursor, and the part of it that an offer replaces. */
  complete(line: string): [string[], string];
  onLine(text: string): void;
  /** Ctrl-C, Ctrl-D on an empty line, or the end of the input. Called once. */
  onLeave(): void;
}

export class Screen {
  readonly #options: ScreenOptions;
  readonly #keys: Keys;
  readonly #readline: Interface;
  #lines: string[] = [];
  #flushing: NodeJS.Immediate | undefined;
  /** Rows from the first of the input to the cursor's, as last drawn. */
  #rows = 0;
  #closed = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#keys = new Keys(options.input);
    this.#readline = createInterface({
      input: this.#keys,
      output: options.output,
      terminal: true,
      historySize: HISTORY_SIZE,
      removeHistoryDuplicates: true,
      completer: (line: string) => options.complete(line),
    });
    this.#readline.on('line', (text) => this.#onLine(text));
    this.#readline.on('SIGINT', () => this.#leave());
    // Back from Ctrl-Z, readline is paused until it prompts.
    this.#readline.on('SIGCONT', () => this.#draw());
    this.#readline.on('close', () => this.#leave());
    this.#keys.on('keypress', this.#remember);
    options.output.prependListener('resize', this.#onResize);
  }

  /** Sets the prompt and draws it. */
  prompt(text: string): void {
    if (this.#closed) return;
    this.#readline.setPrompt(text);
    this.#draw();
  }

  /** Prints a line, or several separated by line feeds, above the input; before the next turn of the loop. */
  print(text: string): void {
    this.#lines.push(text);
    this.#flushing ??= setImmediate(() => this.#flush());
  }

  /** Prints what is left, removes the input line and gives the terminal back. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#up(this.#readline.getCursorPos().rows);
    this.#write('\x1b[J');
    this.#flush();
    this.#options.output.off('resize', this.#onResize);
    this.#readline.close();
    this.#keys.detach();
  }

  #onLine(text: string): void {
    // Readline has moved to the row below what was typed.
    this.#up(this.#rowsOf(text) + 1);
    this.#draw();
    this.#options.onLine(text);
  }

  #leave(): void {
    if (this.#closed) return;
    this.close();
    this.#options.onLeave();
  }

  #flush(): void {
    clearImmediate(this.#flushing);
    this.#flushing = undefined;
    const text = this.#lines.splice(0).join('\n');
    if (text === '') return;
    if (this.#closed) {
      this.#write(`${text}\n`);
      return;
    }
    const { rows } = this.#readline.getCursorPos();
    this.#options.output.cork();
    this.#up(rows);
    // Readline believes that the cursor is where it left it and goes up as many rows before it draws.
    this.#write(`\x1b[J${text}\n${'\n'.repeat(rows)}`);
    this.#draw();
    this.#options.output.uncork();
  }

  #draw(): void {
    this.#readline.prompt(true);
    this.#remember();
  }

  readonly #remember = (): void => {
    this.#rows = this.#readline.getCursorPos().rows;
  };

  /** A terminal that has become narrower or wider has wrapped the input anew before readline draws it. */
  readonly #onResize = (): void => {
    const before = this.#rows;
    this.#remember();
    const more = this.#rows - before;
    if (more > 0) this.#up(more);
    else this.#write('\n'.repeat(-more));
  };

  #rowsOf(text: string): number {
    const readline = this.#readline as { line: string; cursor: number };
    readline.line = text;
    readline.cursor = text.length;
    const { rows } = this.#readline.getCursorPos();
    readline.line = '';
    readline.cursor = 0;
    return rows;
  }

  #up(rows: number): void {
    this.#write(rows > 0 ? `\x1b[${rows}A\r` : '\r');
  }

  #write(text: string): void {
    this.#options.output.write(text);
  }
}
