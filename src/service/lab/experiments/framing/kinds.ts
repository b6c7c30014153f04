/** The framings that are compared, and a stream of messages in each of them. It measures nothing. */
import type { Bytes, Protocol } from '../../../../core/index.ts';
import { parseFraming } from '../../../../framing/index.ts';

export interface Kind {
  /** As people type it (docs/framing.md). */
  readonly spec: string;
  /** A new one, which takes messages of the size. */
  make(): Protocol<Bytes>;
}

/** One of each kind. `size` is that of the messages in bytes, which `fixed` has to know. */
export function kindsFor(size: number): readonly Kind[] {
  const max = `max=${Math.max(size, 1024)}`;
  return [
    kind('raw', 'raw'),
    kind('fixed', `fixed:${size}`),
    kind('length:4', `length:4,${max}`),
    kind('varint', `varint,${max}`),
    kind('netstring', `netstring,${max}`),
    kind('decimal:8', `decimal:8,${max}`),
    kind('lines', `lines,${max}`),
    kind('delimiter:%00', `delimiter:%00,${max}`),
    kind('json-header', `json-header,${max}`),
  ];
}

/** `count` messages of `size` bytes as they travel: letters in quotes, which every framing can carry. */
export function encode({ make }: Kind, size: number, count: number): Bytes {
  const message = new Uint8Array(size).fill(0x61);
  message[0] = 0x22;
  message[size - 1] = 0x22;
  const framing = make();
  const parts: Bytes[] = [];
  for (let index = 0; index < count; index++) {
    framing.send(message, 0);
    for (let part = framing.take(); part !== null; part = framing.take()) parts.push(part);
  }
  return Buffer.concat(parts);
}

function kind(name: string, spec: string): Kind {
  return { spec: name, make: parseFraming(spec) };
}
