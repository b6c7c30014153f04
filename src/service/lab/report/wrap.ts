/** Text of a given width for the terminal. It counts code points: wide characters take more room than it gives them. */
import { printable } from '../../../bytes/index.ts';

/** How many columns the text takes. */
export function widthOf(text: string): number {
  return [...text].length;
}

/**
 * Lines of at most `width`, broken between words; only a word that is longer stands out. Line ends and other white
 * space count as one space, and nothing that a terminal would obey is left.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const safe = printable(word);
    const last = lines.at(-1);
    if (last === undefined || widthOf(last) + 1 + widthOf(safe) > width) lines.push(safe);
    else lines[lines.length - 1] = `${last} ${safe}`;
  }
  return lines;
}

/** Wrapped, each line behind `first` or, from the second on, as much space. */
export function wrapIndented(text: string, width: number, first: string): string[] {
  const space = ' '.repeat(widthOf(first));
  return wrap(text, width - widthOf(first)).map((line, index) => `${index === 0 ? first : space}${line}`);
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}
