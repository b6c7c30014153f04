/** Text in a page, where it can be nothing but text. It knows the two places where the page has any: HTML and JSON in a script. */
import { printable } from '../../../bytes/index.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For content and for quoted attributes alike. Invisible and control characters become visible. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/**
 * JSON for the inside of a script element, which ends at `</script` and changes its rules at `<!--` (HTML Living
 * Standard, 4.12.1.3): without any `<` it can do neither.
 */
export function jsonForScript(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
