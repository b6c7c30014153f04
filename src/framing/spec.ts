/** Framings as people type them: `lines`, `length:4,max=64k`. It does not know what a program does with the messages. */
import { parseSize } from '../bytes/size.ts';
import type { Bytes, Protocol } from '../core/contract.ts';
import { NetError } from '../core/error.ts';
import { decimalLength } from './decimal-length.ts';
import { delimiter } from './delimiter.ts';
import { fixed } from './fixed.ts';
import { jsonHeader } from './json-header.ts';
import { lengthPrefix } from './length-prefix.ts';
import { lines } from './lines.ts';
import { netstring } from './netstring.ts';
import { raw } from './raw.ts';
import { varintPrefix } from './varint-prefix.ts';

type Make = () => Protocol<Bytes>;

/** A spec taken apart: `name:argument,max=...` */
interface Parts {
  readonly spec: string;
  readonly argument: string;
  readonly max: number | undefined;
}

interface Known {
  readonly forms: readonly (readonly [form: string, about: string])[];
  readonly make: (parts: Parts) => Make;
}

const FRAMINGS: Readonly<Record<string, Known>> = {
  lines: {
    forms: [
      ['lines', 'lines that end with LF or CRLF'],
      ['lines:lf', 'lines that end with LF; a CR belongs to the line'],
      ['lines:crlf', 'lines that end with CRLF; a lone LF belongs to the line'],
    ],
    make: linesOf,
  },
  delimiter: { forms: [['delimiter:%00', 'up to the bytes given, percent-encoded']], make: delimiterOf },
  fixed: { forms: [['fixed:16', 'messages of 16 bytes']], make: fixedOf },
  length: {
    forms: [
      ['length:4', 'a binary length of 1, 2, 4 or 8 bytes in front'],
      ['length:2le', 'the same, little-endian'],
      ['length:4+header', 'the same, and the length counts itself'],
    ],
    make: lengthOf,
  },
  decimal: {
    forms: [
      ['decimal:8', 'a length of 8 decimal digits in front'],
      ['decimal:8+header', 'the same, and the length counts itself'],
      ['decimal:8-leading', 'the same, filled with spaces in front of the digits (or -trailing, behind)'],
    ],
    make: decimalOf,
  },
  varint: { forms: [['varint', 'a varint length in front, as Protocol Buffers have it']], make: varintOf },
  netstring: { forms: [['netstring', 'netstrings: 5:hello,']], make: netstringOf },
  'json-header': {
    forms: [['json-header', 'a JSON header that describes the content; what is sent must be JSON']],
    make: jsonHeaderOf,
  },
  raw: { forms: [['raw', 'no framing: bytes as they come']], make: rawOf },
};

/** Every form of a spec, with what it is, for help texts. Each takes `,max=SIZE` but `fixed` and `raw`. */
export const FRAMING_FORMS: readonly (readonly [form: string, about: string])[] = Object.values(
  FRAMINGS,
).flatMap((known) => known.forms);

/**
 * The framing that a spec names, as a function that makes one for each connection. Messages are bytes, whatever the
 * framing: text is UTF-8, and of a JSON header message the content.
 * @throws NetError `protocol` (fault `local`) that names the part which is wrong
 */
export function parseFraming(spec: string): () => Protocol<Bytes> {
  const [head = '', ...options] = spec.split(',');
  const colon = head.indexOf(':');
  const name = colon < 0 ? head : head.slice(0, colon);
  const known = Object.hasOwn(FRAMINGS, name) ? FRAMINGS[name] : undefined;
  if (known === undefined)
    throw wrong(spec, `"${name}" is none of ${Object.keys(FRAMINGS).join(', ')}; write for example lines`);
  const argument = colon < 0 ? '' : head.slice(colon + 1);
  const make = known.make({ spec, argument, max: parseMax(spec, options) });
  // The framing itself checks the values; that is to happen here and not at the first connection.
  checked(spec, make);
  return make;
}

function linesOf({ spec, argument, max }: Parts): Make {
  const ending = argument === '' ? 'any' : argument;
  if (ending !== 'lf' && ending !== 'crlf' && ending !== 'any')
    throw wrong(spec, `the ending "${argument}" is none of lf, crlf, any`);
  return () => lines({ ending, encoding: 'bytes', max });
}

function delimiterOf({ spec, argument, max }: Parts): Make {
  if (argument === '') throw wrong(spec, 'the delimiter is missing; write for example delimiter:%00');
  const bytes = percentDecode(spec, argument);
  return () => delimiter({ delimiter: bytes, max });
}

function fixedOf({ spec, argument, max }: Parts): Make {
  if (max !== undefined) throw wrong(spec, 'max has no meaning: the size is the maximum');
  const size = parseSize(argument);
  if (size === null)
    throw wrong(spec, `the size "${argument}" is no number of bytes; write for example fixed:16`);
  return () => fixed({ size });
}

function lengthOf({ spec, argument, max }: Parts): Make {
  const match = /^([1248])(le|be)?(\+header)?$/.exec(argument);
  if (match === null)
    throw wrong(
      spec,
      `"${argument}" is not 1, 2, 4 or 8, with le or +header behind it; write for example length:4`,
    );
  const bytes = Number(match[1]) as 1 | 2 | 4 | 8;
  const endian = match[2] === 'le' ? 'little' : 'big';
  return () => lengthPrefix({ bytes, endian, includesHeader: match[3] !== undefined, max });
}

function decimalOf({ spec, argument, max }: Parts): Make {
  const match = /^(\d{1,2})(-leading|-trailing)?(\+header)?$/.exec(argument);
  if (match === null)
    throw wrong(
      spec,
      `"${argument}" is no number of columns, with -leading, -trailing or +header behind it; write for example decimal:8`,
    );
  const padding = match[2] === '-leading' ? 'leading' : match[2] === '-trailing' ? 'trailing' : 'zeros';
  return () =>
    decimalLength({ columns: Number(match[1]), padding, includesHeader: match[3] !== undefined, max });
}

function varintOf(parts: Parts): Make {
  refuseArgument(parts);
  return () => varintPrefix({ max: parts.max });
}

function netstringOf(parts: Parts): Make {
  refuseArgument(parts);
  return () => netstring({ max: parts.max });
}

function jsonHeaderOf(parts: Parts): Make {
  refuseArgument(parts);
  return () => contentsOnly(parts.max);
}

function rawOf(parts: Parts): Make {
  refuseArgument(parts);
  if (parts.max !== undefined) throw wrong(parts.spec, 'max has no meaning: no message waits to be complete');
  return raw;
}

/** The contents without their headers; what is sent is declared to be JSON in UTF-8. */
function contentsOnly(max: number | undefined): Protocol<Bytes> {
  const framing = jsonHeader({ max });
  const header = { 'content-type': 'text/json', 'content-encoding': 'utf-8' };
  return {
    receive: (data, now) => framing.receive(data, now),
    next: () => framing.next()?.content ?? null,
    send(content, now) {
      requireJson(content);
      framing.send({ header, content }, now);
    },
    take: () => framing.take(),
    deadline: () => framing.deadline(),
    timeout: (now) => framing.timeout(now),
  };
}

function requireJson(content: Bytes): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content));
  } catch (cause) {
    throw new NetError(
      'protocol',
      'A content that is not JSON cannot be sent; write for example "hello" with its quotes',
      {
        fault: 'local',
        cause,
      },
    );
  }
}

function refuseArgument({ spec, argument }: Parts): void {
  if (argument !== '') throw wrong(spec, `"${argument}" has no meaning here`);
}

function parseMax(spec: string, options: readonly string[]): number | undefined {
  let max: number | undefined;
  for (const option of options) {
    const match = /^max=(.*)$/.exec(option);
    if (match === null) throw wrong(spec, `the option "${option}" is not known; write max=64k`);
    if (max !== undefined) throw wrong(spec, 'max is there twice');
    const size = parseSize(match[1]!);
    if (size === null || size === 0) throw wrong(spec, `"${match[1]}" is no size for max; write max=64k`);
    max = size;
  }
  return max;
}

/** Bytes, which need not be UTF-8, so `decodeURIComponent` will not do. */
function percentDecode(spec: string, text: string): Bytes {
  if (/%(?![0-9a-f]{2})/i.test(text))
    throw wrong(spec, `the delimiter "${text}" has a "%" that is not followed by two hex digits`);
  const encoder = new TextEncoder();
  const parts = text.split(/(%[0-9a-f]{2})/i);
  return Uint8Array.from(
    parts.flatMap((part) =>
      part.startsWith('%') ? [Number.parseInt(part.slice(1), 16)] : [...encoder.encode(part)],
    ),
  );
}

function checked(spec: string, make: Make): void {
  try {
    make();
  } catch (error) {
    throw wrong(spec, (error as Error).message);
  }
}

function wrong(spec: string, why: string): NetError {
  return new NetError('protocol', `Bad framing "${spec}": ${why}`, { fault: 'local' });
}
