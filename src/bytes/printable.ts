/**
 * Makes text that a stranger wrote safe to show on a terminal or a page. It does not know where the text is shown,
 * and it does not judge names: a name deserves stricter rules than a message.
 */

const REPLACEMENT = '\uFFFD';

/** Scripts whose spelling needs the joiners (RFC 5892 appendix A.1 and A.2, by script instead of by letter). */
const JOINING = [
  'Arabic|Syriac|Nko|Mongolian|Devanagari|Bengali|Gurmukhi|Gujarati|Oriya|Tamil|Telugu|Kannada|Malayalam',
  'Sinhala|Khmer|Myanmar|Tibetan',
]
  .join('|')
  .split('|')
  .map((script) => `\\p{Script=${script}}`)
  .join('');

/** Invisible characters that change what is seen as it was meant: emoji sequences (UTS 51), joiners, variants. */
const MEANT = [
  '(?<=[\\p{L}\\p{N}\\p{P}\\p{S}])\\p{Variation_Selector}',
  '(?<=\\p{Extended_Pictographic}[\\uFE0F\\p{Emoji_Modifier}]?)\\u200D(?=\\p{Extended_Pictographic})',
  `(?<=[${JOINING}])[\\u200C\\u200D](?=[${JOINING}])`,
].join('|');

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, annotations, and everything that is invisible by
 * default: bidirectional overrides and isolates, zero-width characters, tags (UAX 44, Default_Ignorable_Code_Point).
 */
const HARMFUL = new RegExp(`[\\p{Cc}\\p{Zl}\\p{Zp}\\uFFF9-\\uFFFB]|(?!${MEANT})\\p{DI}`, 'gu');

/** Text without any of the above is by far the most common. */
const SUSPECT = /[^\x20-\x7e]/;

/**
 * The text with nothing in it that a terminal would obey or a reader would not see. A tab becomes a space, a control
 * character its picture (`ESC` becomes `␛`), anything else harmful and a lone surrogate `U+FFFD`. One code point
 * stays one code point, so a limit on the length holds; harmless text comes back as it is, and a second pass changes nothing.
 * Line ends are control characters: split text of many lines first.
 */
export function printable(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.toWellFormed().replace(HARMFUL, picture);
}

function picture(character: string): string {
  if (character === '\t') return ' ';
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : REPLACEMENT;
}
