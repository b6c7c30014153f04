/**
 * A terminal for tests: what is written is shown as a VT100 would show it, endlessly tall, and keys are typed into it. It
 * knows the few sequences that readline and our screens send; any other fails the test.
 */
import { PassThrough, Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/;

export class FakeTerminal extends Writable {
  readonly isTTY = true;
  /** What is typed. */
  readonly keyboard = Object.assign(new PassThrough(), {
    isTTY: true,
    raw: false,
    setRawMode(on: boolean) {
      this.raw = on;
      return this;
    },
  });
  columns: number;
  #cells: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    super({ decodeStrings: false });
    this.columns = columns;
  }

  /** As the library sees it. */
  get input(): NodeJS.ReadStream {
    return this.keyboard as unknown as NodeJS.ReadStream;
  }

  get output(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }

  /** The rows as they look, without blanks at their ends, and without empty ones at the end. */
  get rows(): string[] {
    const rows = this.#cells.map((cells) => cells.join('').trimEnd());
    while (rows.at(-1) === '') rows.pop();
    return rows;
  }

  /** Row and column, from 0. */
  get cursor(): [number, number] {
    return [this.#row, this.#column];
  }

  /** No colours, so that the rows are plain text. */
  getColorDepth(): number {
    return 1;
  }

  hasColors(): boolean {
    return false;
  }

  /** All at once, as a paste arrives. */
  paste(text: string): void {
    this.keyboard.write(text);
  }

  type(text: string): void {
    for (const key of text) this.keyboard.write(key);
  }

  override _write(chunk: string | Buffer, _: string, done: () => void): void {
    const text = chunk.toString();
    for (const [part] of text.matchAll(/\x1b\[[\d;?]*[A-Za-z]|./gsu)) this.#put(part);
    done();
  }

  #put(part: string): void {
    if (part === '\r') this.#column = 0;
    else if (part === '\n') this.#move(this.#row + 1, 0);
    else if (part.length > 1 && part.startsWith('\x1b')) this.#obey(part);
    else this.#show(part);
  }

  #show(character: string): void {
    if (/^\p{M}$/u.test(character)) {
      const cells = this.#cells[this.#row]!;
      cells[this.#column - 1] = `${cells[this.#column - 1] ?? ''}${character}`;
      return;
    }
    const width = WIDE.test(character) ? 2 : 1;
    // The last column is left only when another character comes, as on a VT100 with autowrap.
    if (this.#column + width > this.columns) this.#move(this.#row + 1, 0);
    const cells = this.#cells[this.#row]!;
    while (cells.length < this.#column) cells.push(' ');
    cells[this.#column] = character;
    if (width === 2) cells[this.#column + 1] = '';
    this.#column += width;
  }

  #obey(sequence: string): void {
    const count = Number(sequence.slice(2, -1) || '1');
    switch (sequence.at(-1)) {
      case 'A':
        this.#move(Math.max(0, this.#row - count), this.#column);
        break;
      case 'B':
        this.#move(this.#row + count, this.#column);
        break;
      case 'C':
        this.#column = Math.min(this.columns - 1, this.#column + count);
        break;
      case 'D':
        this.#column = Math.max(0, this.#column - count);
        break;
      case 'G':
        this.#column = count - 1;
        break;
      case 'J':
        this.#cells.length = this.#row + 1;
        this.#cells[this.#row]!.length = Math.min(this.#cells[this.#row]!.length, this.#column);
        break;
      case 'K':
        this.#cells[this.#row]!.length = Math.min(this.#cells[this.#row]!.length, this.#column);
        break;
      default:
        if (stripVTControlCharacters(sequence) !== '' || !sequence.endsWith('m'))
          throw new Error(`The terminal does not know ${JSON.stringify(sequence)}`);
    }
  }

  #move(row: number, column: number): void {
    while (this.#cells.length <= row) this.#cells.push([]);
    this.#row = row;
    this.#column = column;
  }
}
