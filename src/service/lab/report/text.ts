/** A finding for the terminal. It knows no terminal: the width and the colours are given to it. */
import { styleText } from 'node:util';
import type { Bar, Bars, Finding, Lines, Part, Table } from '../finding.ts';
import { type Grid, gridOfLines, gridOfTable } from './grid.ts';
import { renderTable } from './text-table.ts';
import { formatValue } from './units.ts';
import { padEnd, widthOf, wrap, wrapIndented } from './wrap.ts';

export interface TextOptions {
  /** Columns of the terminal; 80 unless told, and at least 40. */
  readonly width?: number;
  readonly colour?: boolean;
}

/** Columns where none are told: what a terminal has had since the VT100. */
const USUAL_WIDTH = 80;
const LEAST_WIDTH = 40;
/** Words across more than this are hard to read. */
const WIDEST_WORDS = 100;
/** Share of the width that names beside bars may take; longer ones get a line of their own. */
const WIDEST_NAMES = 0.35;
const INDENT = '  ';
/** An eighth of a column more each (U+258F to U+2588). */
const BLOCKS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

type Style = 'bold' | 'dim' | 'cyan' | 'underline';

/** The whole finding, ending with a line end. */
export function renderText(finding: Finding, options: TextOptions = {}): string {
  return `${new TextPage(options).finding(finding).join('\n')}\n`;
}

class TextPage {
  readonly #width: number;
  readonly #colour: boolean;

  constructor({ width = USUAL_WIDTH, colour = false }: TextOptions) {
    this.#width = Math.max(LEAST_WIDTH, width);
    this.#colour = colour;
  }

  finding({ title, question, method, parts }: Finding): string[] {
    return [
      ...this.#paragraph(title).map((line) => this.#paint('bold', line)),
      ...this.#paragraph(question),
      '',
      ...this.#heading('How it was measured'),
      ...method.flatMap((sentence) => this.#note(sentence, '- ')),
      ...parts.flatMap((part) => ['', ...this.#heading(headingOf(part)), ...this.#part(part)]),
    ];
  }

  #part(part: Part): string[] {
    if (part.kind === 'table') return this.#table(part, gridOfTable(part));
    if (part.kind === 'lines') return this.#table(part, gridOfLines(part));
    if (part.kind === 'bars') return this.#bars(part);
    return part.paragraphs.flatMap((text, index) => [...(index === 0 ? [] : ['']), ...this.#paragraph(text)]);
  }

  #table({ note }: Table | Lines, grid: Grid): string[] {
    const { head, rule, body } = renderTable(grid, this.#width - INDENT.length);
    return [
      ...head.map((line) => INDENT + this.#paint('bold', line)),
      INDENT + this.#paint('dim', rule),
      ...body.map((line) => INDENT + line),
      ...this.#trailing(note),
    ];
  }

  #bars({ bars, unit, note }: Bars): string[] {
    const largest = Math.max(0, ...bars.map(({ value }) => value ?? 0));
    const values = bars.map(({ value }) => (value === null ? 'not measured' : formatValue(value, unit)));
    const names = bars.map(({ name }) => wrap(name, Infinity).join(' '));
    const limit = Math.floor(this.#width * WIDEST_NAMES);
    const nameWidth = Math.max(0, ...names.map(widthOf).filter((width) => width <= limit));
    const widest = Math.max(0, ...values.filter((_, index) => bars[index]!.value !== null).map(widthOf));
    const room = this.#width - INDENT.length - nameWidth - INDENT.length - 1 - widest;
    const lines = bars.flatMap((bar, index) => {
      const blocks = largest > 0 ? blocksOf(((bar.value ?? 0) / largest) * Math.max(1, room)) : '';
      const drawn = [this.#paint('cyan', blocks), values[index]!].filter((text) => text !== '').join(' ');
      return [...this.#named(names[index]!, nameWidth, drawn), ...this.#barNote(bar)];
    });
    return [...lines, ...this.#trailing(note)];
  }

  #named(name: string, width: number, drawn: string): string[] {
    if (widthOf(name) <= width) return [`${INDENT}${padEnd(name, width)}  ${drawn}`];
    return [...wrapIndented(name, this.#width, INDENT), `${INDENT}${' '.repeat(width)}  ${drawn}`];
  }

  #barNote({ note }: Bar): string[] {
    if (note === undefined) return [];
    return this.#note(note, `${INDENT}${INDENT}`).map((line) => this.#paint('dim', line));
  }

  #trailing(note: string | undefined): string[] {
    return note === undefined ? [] : ['', ...this.#note(note, '')];
  }

  #heading(text: string): string[] {
    return wrap(text, this.#width).map((line) => this.#paint('underline', line));
  }

  #paragraph(text: string): string[] {
    return wrap(text, this.#readable());
  }

  #note(text: string, first: string): string[] {
    return wrapIndented(text, this.#readable(), `${INDENT}${first}`);
  }

  #readable(): number {
    return Math.min(this.#width, WIDEST_WORDS);
  }

  #paint(style: Style, text: string): string {
    return this.#colour && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  }
}

/** What a chart shows stands beside its title, where an axis has no room for it. */
function headingOf(part: Part): string {
  if (part.kind === 'bars') return `${part.title} (${part.label})`;
  if (part.kind === 'lines') return `${part.title} (${part.y.label})`;
  return part.title;
}

/** A bar of `length` columns, to an eighth; at least the thinnest one for what is more than nothing. */
function blocksOf(length: number): string {
  if (length <= 0) return '';
  const eighths = Math.max(1, Math.round(length * 8));
  return '█'.repeat(eighths >> 3) + BLOCKS[eighths & 7];
}
