/**
 * What the keyboard sends, one character at a time. It does not know what the characters mean.
 *
 * Readline takes a chunk of many characters for a paste, and in a paste it loses count of the rows that its line wraps
 * over; a chunk of one character never is one. A tab within a paste becomes a space, for as a key it asks for completion.
 */
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export class Keys extends PassThrough {
  readonly #terminal: NodeJS.ReadStream;
  readonly #decoder = new StringDecoder('utf8');

  constructor(terminal: NodeJS.ReadStream) {
    super();
    this.#terminal = terminal;
    terminal.on('data', this.#split);
    terminal.once('end', this.#end);
  }

  /** Readline asks for it; single keys instead of whole lines. */
  setRawMode(on: boolean): this {
    this.#terminal.setRawMode?.(on);
    return this;
  }

  /** Stops reading from the terminal. */
  detach(): void {
    this.#terminal.off('data', this.#split);
    this.#terminal.off('end', this.#end);
    this.#terminal.pause();
  }

  readonly #split = (chunk: Buffer | string): void => {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    const last = text.length - 1;
    let at = 0;
    for (const character of text) {
      this.write(character === '\t' && at < last ? ' ' : character);
      at += character.length;
    }
  };

  readonly #end = (): void => {
    this.end();
  };
}
