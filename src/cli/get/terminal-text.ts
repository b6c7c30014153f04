/** Text of a stranger on its way to a terminal: nothing in it is obeyed. It does not know where the text is shown. */
import { printable } from '../../bytes/index.ts';
import { NetError } from '../../core/index.ts';

/** Characters of a line that are held until it ends; longer ones are shown in pieces. */
const LONG_LINE = 4096;

export class TerminalText {
  readonly #decoder: TextDecoder;
  #line = '';
  #endsLine = true;

  /** @param charset of the body; one that is not known is taken for UTF-8 */
  constructor(charset = 'utf-8') {
    this.#decoder = decoderFor(charset);
  }

  /**
   * What can be shown of the chunk and those before it.
   * @throws NetError `unsupported` for what is no text
   */
  write(chunk: Uint8Array): string {
    // Precedent: curl, which looks for a NUL as well.
    if (chunk.includes(0)) throw binary();
    return this.#shown(this.#line + this.#decoder.decode(chunk, { stream: true }));
  }

  /** The rest, with a line end, so that what follows begins a line. */
  end(): string {
    const last = this.#shown(`${this.#line}${this.#decoder.decode()}`, 0);
    return this.#endsLine ? last : `${last}\n`;
  }

  #shown(text: string, hold = LONG_LINE): string {
    const lines = text.split('\n');
    const last = lines.pop()!;
    this.#line = last.length < hold ? last : '';
    const rest = last.length < hold ? '' : last;
    if (lines.length > 0 || rest !== '') this.#endsLine = rest === '';
    if (this.#line !== '') this.#endsLine = false;
    return lines.map((line) => `${visible(line.replace(/\r$/, ''))}\n`).join('') + visible(rest);
  }
}

/** Tabs stay: they move, and do nothing else. */
function visible(line: string): string {
  return line.split('\t').map(printable).join('\t');
}

function decoderFor(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}

function binary(): NetError {
  return new NetError(
    'unsupported',
    'The body is no text and would upset the terminal; write it to a file with -o FILE, or as it is with -o -',
  );
}
