/** The time that a framing takes for a stream which arrives in reads of one size. */
import type { Bytes, Protocol } from '../../../../core/index.ts';
import { NetError } from '../../../../core/index.ts';
import { encode, type Kind } from './kinds.ts';

/** Bytes of a stream at least, however small the reads: more would not change the figures, only take longer. */
const SHORTEST = 128 * 1024;
/** Reads that a stream lasts for. */
const READS = 4;

export interface Point {
  readonly kind: Kind;
  /** Bytes of a message, and of a read. */
  readonly size: number;
  readonly read: number;
  readonly stream: Bytes;
  /** In the stream. */
  readonly messages: number;
}

export function makePoint(kind: Kind, size: number, read: number, shortest = SHORTEST): Point {
  const messages = Math.ceil(Math.max(shortest, read * READS) / size);
  return { kind, size, read, stream: encode(kind, size, messages), messages };
}

/**
 * Seconds a message, over whole passes of the stream until `budget` seconds are spent.
 * @throws NetError `broken` when not every message came out
 */
export function measure(point: Point, budget: number): number {
  let passes = 0;
  let seconds = 0;
  while (seconds < budget) {
    const framing = point.kind.make();
    const begun = performance.now();
    const bytes = decode(framing, point);
    seconds += (performance.now() - begun) / 1000;
    check(point, bytes);
    passes++;
  }
  return seconds / passes / point.messages;
}

/** One pass; the bytes of all messages. */
function decode(framing: Protocol<Bytes>, { stream, read }: Point): number {
  let bytes = 0;
  for (let at = 0; at < stream.length; at += read) {
    framing.receive(stream.subarray(at, at + read), 0);
    for (let message = framing.next(); message !== null; message = framing.next()) bytes += message.length;
  }
  return bytes;
}

function check({ kind, size, messages }: Point, bytes: number): void {
  if (bytes === size * messages) return;
  throw new NetError(
    'broken',
    `The framing ${kind.spec} gave ${bytes} bytes for ${messages} messages of ${size}; that is a fault of modnet`,
  );
}
