/**
 * Heads to be written, as latin1 text. What would let a value become another field, or another message, is refused; what
 * the message means is the caller's.
 */
import { TOKEN } from './characters.ts';
import { unsendable } from './error.ts';
import { statusText } from './status-text.ts';

type FieldPairs = Iterable<readonly [name: string, value: string]>;

const DIGITS = /^[0-9]+$/;
const CHUNKED = /^chunked$/i;

/** A fragment stays with the client (RFC 9110 section 7.1). */
const NOT_IN_TARGET = /[^\x21\x22\x24-\x7e]/;

/**
 * `GET /path HTTP/1.1` and the fields, with the empty line.
 * @throws NetError `protocol` (fault `local`) for a method, a target, a name or a value that HTTP cannot carry
 */
export function formatRequestHead(method: string, target: string, fields: FieldPairs): string {
  if (!isToken(method)) throw unsendable(`The method ${quote(method)} is not a name; letters are`);
  if (target === '' || NOT_IN_TARGET.test(target))
    throw unsendable(`The target ${quote(target)} cannot be sent; percent-encode what is not visible ASCII`);
  return `${method} ${target} HTTP/1.1\r\n${formatFields(fields)}\r\n`;
}

const statusLines = new Map<number, string>();

/**
 * `HTTP/1.1 200 OK` and the fields, with the empty line.
 * @param status 100 to 999
 * @param reason `undefined` for the usual words
 * @throws NetError `protocol` (fault `local`)
 */
export function formatResponseHead(status: number, reason: string | undefined, fields: FieldPairs): string {
  return `${statusLine(status, reason)}${formatFields(fields)}\r\n`;
}

function statusLine(status: number, reason: string | undefined): string {
  const known = reason === undefined ? statusLines.get(status) : undefined;
  if (known !== undefined) return known;
  if (!Number.isInteger(status) || status < 100 || status > 999)
    throw unsendable(`The status ${status} cannot be sent; it must be 100 to 999`);
  const words = reason ?? statusText(status);
  if (!isText(words)) throw unsendable(`The reason ${quote(words)} holds what a status line cannot carry`);
  const line = `HTTP/1.1 ${status} ${words}\r\n`;
  if (reason === undefined) statusLines.set(status, line);
  return line;
}

/** Field lines, as trailers need them too. */
export function formatFields(fields: FieldPairs): string {
  let text = '';
  let framing: string | undefined;
  for (const [name, value] of fields) {
    if (!isToken(name)) throw unsendable(`The field name ${quote(name)} cannot be sent`);
    if (isFraming(name)) framing = checkFraming(framing, name, value);
    if (!isText(value))
      throw unsendable(
        `The value ${quote(value)} of the field ${name} cannot be sent; it is not latin1 text`,
      );
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** Of the two fields that say where a message ends. */
function isFraming(name: string): boolean {
  if (name.length === 14) return name.toLowerCase() === 'content-length';
  return name.length === 17 && name.toLowerCase() === 'transfer-encoding';
}

/** A message that ends here for one and there for another is how a second one is smuggled (RFC 9112 section 11.2). */
function checkFraming(before: string | undefined, name: string, value: string): string {
  if (before !== undefined)
    throw unsendable(`A head cannot have ${before} and then ${name}; one says where it ends`);
  const isSound =
    name.length === 14 ? DIGITS.test(value) && Number.isSafeInteger(Number(value)) : CHUNKED.test(value);
  if (!isSound) throw unsendable(`The value ${quote(value)} of the field ${name} cannot be sent`);
  return name;
}

function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (TOKEN[text.charCodeAt(index)] !== 1) return false;
  }
  return text !== '';
}

/** Characters of a field value: latin1 without controls but HTAB (RFC 9110 section 5.5). */
function isText(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 ? code !== 0x09 : code === 0x7f || code > 0xff) return false;
  }
  return true;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
