/** The fields of a JSON header, and what they say about the content. It does not know how they are framed. */
import type { Bytes } from '../core/contract.ts';
import { malformed, unsendable } from './framing.ts';

export interface JsonHeader {
  /** Of the machine that sent it; it says something about binary contents only. */
  readonly byteorder: 'little' | 'big';
  readonly 'content-type': string;
  /** `utf-8`, or any other encoding of text that `TextDecoder` knows; `binary` for what is no text. */
  readonly 'content-encoding': string;
  /** Bytes. */
  readonly 'content-length': number;
  readonly [more: string]: unknown;
}

/** Types whose content is JSON. The first is what the format calls it, the second is registered (RFC 8259). */
const JSON_TYPES: readonly string[] = ['text/json', 'application/json'];

/** @throws NetError `protocol` (fault `remote`) that names the field which is wrong */
export function parseHeader(bytes: Bytes): JsonHeader {
  const header = parseObject(bytes);
  for (const field of ['content-type', 'content-encoding'])
    if (typeof header[field] !== 'string') throw wrongField(field, header[field], 'a string');
  if (header.byteorder !== 'little' && header.byteorder !== 'big')
    throw wrongField('byteorder', header.byteorder, '"little" or "big"');
  const length = header['content-length'];
  if (!Number.isSafeInteger(length) || (length as number) < 0)
    throw wrongField('content-length', length, 'a whole number of bytes');
  return header as JsonHeader;
}

/** The content as a value, where its type says that it is JSON; `undefined` elsewhere. */
export function decodeContent(header: JsonHeader, content: Bytes): unknown {
  if (!JSON_TYPES.includes(header['content-type'])) return undefined;
  const text = decodeText(content, header['content-encoding']);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed(`A content of type ${header['content-type']} is not JSON`, cause);
  }
}

/** @param json whether the content was written here, as JSON in UTF-8 */
export function encodeHeader(given: Partial<JsonHeader>, content: Bytes, json: boolean): Bytes {
  const header = {
    byteorder: 'little',
    'content-type': json ? JSON_TYPES[0] : 'application/octet-stream',
    'content-encoding': json ? 'utf-8' : 'binary',
    ...given,
    'content-length': content.length,
  };
  const encoding = header['content-encoding'];
  if (json && encoding.toLowerCase() !== 'utf-8')
    throw unsendable(`A value is written in utf-8, and the header says ${encoding}; send it as a content`);
  return new TextEncoder().encode(JSON.stringify(header));
}

function parseObject(bytes: Bytes): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(decodeText(bytes, 'utf-8'));
  } catch (cause) {
    throw malformed(`A header of ${bytes.length} bytes is not JSON in UTF-8`, cause);
  }
  if (typeof header === 'object' && header !== null && !Array.isArray(header))
    return header as Record<string, unknown>;
  throw malformed('A header is JSON but no object');
}

function decodeText(bytes: Bytes, encoding: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed(
      `${bytes.length} bytes cannot be read as ${JSON.stringify(encoding.slice(0, 40))}`,
      cause,
    );
  }
}

function wrongField(field: string, value: unknown, wanted: string): Error {
  if (value === undefined) return malformed(`A header has no ${field}`);
  const shown = (JSON.stringify(value) ?? '').slice(0, 40);
  return malformed(`A header says ${field}: ${shown}, which is not ${wanted}`);
}
