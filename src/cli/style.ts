/** Colour for people: only on a terminal, never with NO_COLOR, always with FORCE_COLOR (https://no-color.org). */
import { type InspectColor, styleText } from 'node:util';

export type Style = InspectColor | readonly InspectColor[];

/**
 * The text in the style, or unchanged where `stream` is no terminal.
 * @param stream where it will be written; standard output unless told
 */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}
