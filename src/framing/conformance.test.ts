import { framingConformance } from '../testing/framing-conformance.ts';
import { decimalLength } from './decimal-length.ts';
import { delimiter } from './delimiter.ts';
import { fixed } from './fixed.ts';
import { type JsonMessage, type JsonOutgoing, jsonHeader } from './json-header.ts';
import { type LengthPrefixOptions, lengthPrefix } from './length-prefix.ts';
import { lines } from './lines.ts';
import { netstring } from './netstring.ts';
import { raw } from './raw.ts';
import { parseFraming } from './spec.ts';
import { varintPrefix } from './varint-prefix.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const filled = (size: number) => new Uint8Array(size).fill(0x61);
const same = (bytes: Uint8Array) => bytes;

/** Any bytes at all. */
const binary = [utf8('hello'), new Uint8Array(0), Uint8Array.of(0, 255, 10, 13, 44), filled(200), utf8('1')];
const ofBytes = { samples: binary, payload: same, ofSize: filled };

const text = ['hello', '', 'Grüße, мир 🌍', '\uFEFFmarked', 'a\rb', 'x'.repeat(200)];
for (const ending of ['lf', 'crlf', 'any'] as const) {
  framingConformance(`lines ${ending}`, {
    make: (max) => lines({ ending, max }),
    samples: text,
    ofSize: (size) => 'x'.repeat(size),
  });
  framingConformance(`lines ${ending} as bytes`, {
    make: (max) => lines({ ending, max, encoding: 'bytes' }),
    samples: [utf8('hello'), new Uint8Array(0), Uint8Array.of(0, 255, 44), filled(200)],
    payload: same,
    ofSize: filled,
  });
}

for (const [name, sequence] of [
  ['NUL', Uint8Array.of(0)],
  ['text', '--end--'],
  ['that overlaps itself', 'aabaa'],
] as const)
  framingConformance(`delimiter ${name}`, {
    make: (max) => delimiter({ delimiter: sequence, max }),
    samples: [utf8('hello'), new Uint8Array(0), utf8('--en-d--enb'), utf8('aacx'), utf8('y'.repeat(200))],
    payload: same,
    ofSize: (size) => new Uint8Array(size).fill(0x79),
  });

framingConformance('fixed', {
  make: () => fixed({ size: 5 }),
  samples: [utf8('hello'), utf8('world'), Uint8Array.of(0, 1, 2, 3, 255)],
  payload: same,
});

const widths: LengthPrefixOptions[] = [
  {},
  { bytes: 2, endian: 'little' },
  { bytes: 8 },
  { bytes: 4, includesHeader: true },
];
for (const options of widths)
  framingConformance(`length prefix ${JSON.stringify(options)}`, {
    // Two bytes hold no more than 65,535, and the suite sends 100,000.
    make: (max) =>
      lengthPrefix({ ...options, bytes: max !== undefined && max > 65_535 ? 4 : options.bytes, max }),
    ...ofBytes,
    ofSize: filled,
  });
framingConformance('length prefix of one byte', {
  make: () => lengthPrefix({ bytes: 1 }),
  samples: binary,
  payload: same,
});

for (const padding of ['zeros', 'leading', 'trailing'] as const)
  for (const includesHeader of [false, true])
    framingConformance(`decimal length, ${padding}${includesHeader ? ', with its header' : ''}`, {
      make: (max) => decimalLength({ columns: 6, padding, includesHeader, max }),
      ...ofBytes,
    });

framingConformance('varint prefix', { make: (max) => varintPrefix({ max }), ...ofBytes });
framingConformance('netstring', { make: (max) => netstring({ max }), ...ofBytes });
framingConformance('raw', {
  make: raw,
  samples: binary.filter((bytes) => bytes.length > 0),
  payload: same,
  unframed: true,
});

framingConformance<JsonMessage, JsonOutgoing>('JSON header', {
  make: (max) => jsonHeader({ max, maxHeader: 500 }),
  samples: [
    { value: { action: 'search', value: 'морфей' } },
    { content: Uint8Array.of(0, 1, 255) },
    { value: null },
    { content: utf8('hello'), header: { 'content-type': 'text/plain', 'content-encoding': 'utf-8', id: 7 } },
    { content: new Uint8Array(0) },
  ],
  expected: arrived,
  payload: (message) => message.content,
  ofSize: (size) => ({ content: filled(size) }),
  overhead: 502,
});

framingConformance('JSON header as bytes', {
  make: (max) => parseFraming(`json-header,max=${max ?? '1m'}`)(),
  samples: [utf8('{"a": [1, 2]}'), utf8('"text"'), utf8('0')],
  payload: same,
  ofSize: (size) => utf8(`"${'x'.repeat(size - 2)}"`),
  overhead: 200,
});

/** What a message to send becomes on its way. */
function arrived({ header, content, value }: JsonOutgoing): unknown {
  const bytes = content ?? utf8(JSON.stringify(value));
  const described = content === undefined ? ['text/json', 'utf-8'] : ['application/octet-stream', 'binary'];
  return {
    header: {
      byteorder: 'little',
      'content-type': described[0],
      'content-encoding': described[1],
      ...header,
      'content-length': bytes.length,
    },
    content: bytes,
    ...(content === undefined ? { value } : {}),
  };
}
