/** Text of strangers made harmless, and the small things that are derived from it. It touches no page. */

const JOINING = [
  'Arabic|Syriac|Nko|Mongolian|Devanagari|Bengali|Gurmukhi|Gujarati|Oriya|Tamil|Telugu|Kannada|Malayalam',
  'Sinhala|Khmer|Myanmar|Tibetan',
]
  .join('|')
  .split('|')
  .map((script) => `\\p{Script=${script}}`)
  .join('');

const MEANT = [
  '(?<=[\\p{L}\\p{N}\\p{P}\\p{S}])\\p{Variation_Selector}',
  '(?<=\\p{Extended_Pictographic}[\\uFE0F\\p{Emoji_Modifier}]?)\\u200D(?=\\p{Extended_Pictographic})',
  `(?<=[${JOINING}])[\\u200C\\u200D](?=[${JOINING}])`,
].join('|');

const HARMFUL = new RegExp(`[\\p{Cc}\\p{Zl}\\p{Zp}\\uFFF9-\\uFFFB]|(?!${MEANT})\\p{DI}`, 'gu');

const SUSPECT = /[^\x20-\x7e]/;

/**
 * The same as `printable` of modnet/bytes, which a test compares: control characters become their pictures, what turns or hides
 * text becomes U+FFFD. One line.
 * @param {string} text
 */
export function printable(text) {
  if (!SUSPECT.test(text)) return text;
  return text.toWellFormed().replace(HARMFUL, picture);
}

/**
 * The same for text of several lines.
 * @param {string} text
 */
export function printableLines(text) {
  return text
    .split(/\r\n|\r|\n/)
    .map(printable)
    .join('\n');
}

/** @param {string} character */
function picture(character) {
  if (character === '\t') return ' ';
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\uFFFD';
}

/** How many colours names have. */
export const HUES = 8;

/**
 * The colour of a name: always the same one.
 * @param {string} name
 */
export function hueOf(name) {
  let hash = 0;
  for (const character of name.toLowerCase()) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return hash % HUES;
}

/**
 * What stands for a name where there is room for one letter only.
 * @param {string} name
 */
export function initialOf(name) {
  const [first] = new Intl.Segmenter().segment(printable(name));
  return (first?.segment ?? '?').toUpperCase();
}

/**
 * The links in a text: http and https only.
 * @param {string} text
 * @returns {{ text: string, href?: string }[]}
 */
export function withLinks(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"'`]+/gi)) {
    const found = match[0].replace(/[.,;:!?)\]}]+$/, '');
    const href = safeHref(found);
    if (href === null) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    parts.push({ text: found, href });
    end = match.index + found.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** @param {string} text */
function safeHref(text) {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' ? url.href : null;
}

const encoder = new TextEncoder();

/**
 * Bytes of UTF-8, which is what the exchange counts.
 * @param {string} text
 */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/**
 * `#` for rooms, `@` for people.
 * @param {string} key of a conversation
 */
export function titleOf(key) {
  return printable(key);
}
