/** The alphabets of RFC 9110 and 9112, as tables by byte, and how to run over them. */
import type { Bytes } from '../../core/contract.ts';

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';

/** 1 for each byte of `letters`. */
export function tableOf(letters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (let index = 0; index < letters.length; index++) table[letters.charCodeAt(index)] = 1;
  return table;
}

/** tchar of RFC 9110 section 5.6.2. */
export const TOKEN = tableOf(`!#$%&'*+-.^_\`|~${DIGITS}${LETTERS}`);

/** Each byte as a small letter, as field names compare (RFC 9110 section 5.1). */
export const LOWER = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

/** Index of the first byte from `at` that is not of a token; `stop` when there is none. */
export function skipToken(bytes: Bytes, at: number, stop: number): number {
  while (at < stop && TOKEN[bytes[at]!] === 1) at++;
  return at;
}

/** Index of the first byte from `at` that is not of a field value (RFC 9110 section 5.5: no controls but HTAB). */
export function skipText(bytes: Bytes, at: number, stop: number): number {
  while (at < stop) {
    const byte = bytes[at]!;
    if (byte < SP ? byte !== TAB : byte === 0x7f) return at;
    at++;
  }
  return stop;
}

/** Whether the bytes from `at` are this text, which is in small letters, in whatever letters they are. */
export function isWord(bytes: Bytes, at: number, word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    if (LOWER[bytes[at + index]!] !== word.charCodeAt(index)) return false;
  }
  return true;
}

/** Without blanks and tabs around it: OWS, which is less than what `trim` takes off. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

export function isBlank(byte: number): boolean {
  return byte === SP || byte === TAB;
}

/** Decoding by one call into the runtime; `TextDecoder` reads latin1 as windows-1252, and is slower. */
const slice = (
  Buffer.prototype as unknown as { latin1Slice(this: Bytes, start: number, end: number): string }
).latin1Slice;

/** One character a byte. */
export function latin1(bytes: Bytes, start: number, end: number): string {
  return slice.call(bytes, start, end);
}
