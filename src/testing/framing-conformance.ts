/**
 * What every framing must do, as a suite for `node:test`. It does not know the format: it is told how to make a
 * framing, what to send, and what then arrives.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Bytes, Protocol } from '../core/contract.ts';
import { NetError, type NetErrorCode } from '../core/error.ts';

export interface FramingSubject<In extends {}, Out extends {} = In> {
  /** Makes a framing with this maximum, or with its default. */
  readonly make: (max?: number) => Protocol<In, Out>;
  /** Values to send, of less than 1,000 bytes, at least two. */
  readonly samples: readonly Out[];
  /** What arrives for a value. Default: the same. */
  readonly expected?: ((value: Out) => unknown) | undefined;
  /** The part of what arrived that must be a view of the chunk. Left out when nothing must. */
  readonly payload?: ((value: In) => Bytes) | undefined;
  /** A value whose payload has `size` bytes. Left out for a framing without a maximum. */
  readonly ofSize?: ((size: number) => Out) | undefined;
  /** Bytes that a message has on the wire beyond its payload, at most. Default 32. */
  readonly overhead?: number | undefined;
  /** The framing has no boundaries: other chunks are other messages, and the stream may end anywhere. Default no. */
  readonly unframed?: boolean | undefined;
}

/** The maximum that the tests set, and a size far beyond it. */
const MAX = 1000;
const HUGE = 100_000;

const SEEDS = 200;

/** Why a test is skipped. */
const NO_BOUNDARIES = 'the framing keeps no boundaries';
const NO_MAXIMUM = 'the framing has no maximum';
const NO_BYTES = 'its messages are no bytes';

/** Declares the suite for one framing. Call it at the top level of a test file. */
export function framingConformance<In extends {}, Out extends {} = In>(
  name: string,
  subject: FramingSubject<In, Out>,
): void {
  describe(`framing ${name}`, () => {
    testRoundTrip(subject);
    testSplits(subject);
    testTruncation(subject);
    testRandomBytes(subject);
    testZeroCopy(subject);
    testMaximum(subject);
    testEndless(subject);
    testPieces(subject);
    testIdle(subject);
  });
}

function testRoundTrip<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  test('a message arrives as it was sent, and does not wait for bytes behind it', () => {
    const sender = subject.make();
    const receiver = subject.make();
    for (const sample of subject.samples) {
      receiver.receive(join(encode(sender, [sample])), 0);
      assert.deepEqual(receiver.next(), expected(subject, sample));
      assert.equal(receiver.next(), null);
    }
  });
}

function testSplits<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  test('any split of the input gives the same messages', { skip: subject.unframed && NO_BOUNDARIES }, () => {
    const wanted = subject.samples.map((sample) => expected(subject, sample));
    for (const chunks of splits(join(encode(subject.make(), subject.samples))))
      assert.deepEqual(decode(subject.make(), chunks), { values: wanted, error: undefined });
  });
}

function testTruncation<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  test('an end within a message is an error, after the messages before it', {
    skip: subject.unframed && NO_BOUNDARIES,
  }, () => {
    const [first] = subject.samples as [Out];
    const before = join(encode(subject.make(), [first]));
    for (const sample of subject.samples) {
      const wire = join(encode(subject.make(), [sample]));
      for (let cut = 1; cut < wire.length; cut++) {
        const { values, error } = decode(subject.make(), [join([before, wire.subarray(0, cut)])]);
        assert.deepEqual(values, [expected(subject, first)]);
        assertNetError(error, 'protocol', 'remote');
      }
    }
  });
}

function testRandomBytes<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  test('wrong bytes give messages or a NetError, the same for any split, and little is held', () => {
    const wire = join(encode(subject.make(), subject.samples));
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = randomNumbers(seed);
      const bytes =
        seed % 2 === 0 ? mutate(wire, random) : Uint8Array.from({ length: 3000 }, () => random(256));
      const whole = decode(subject.make(MAX), [bytes]);
      if (whole.error !== undefined) assertNetError(whole.error);
      if (subject.unframed) continue;
      const parts = decode(subject.make(MAX), randomSplit(bytes, random), MAX + (subject.overhead ?? 32));
      assert.deepEqual(parts.values, whole.values);
      assert.equal((parts.error as NetError)?.code, (whole.error as NetError)?.code);
    }
  });
}

function testZeroCopy<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  test('a payload that arrived whole is not copied', {
    skip: subject.payload === undefined && NO_BYTES,
  }, () => {
    const chunk = join(encode(subject.make(), subject.samples));
    const receiver = subject.make();
    receiver.receive(chunk, 0);
    for (const value of drain(receiver)) {
      const payload = subject.payload!(value);
      if (payload.length > 0) assert.equal(payload.buffer, chunk.buffer);
    }
  });
}

function testMaximum<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  const { ofSize } = subject;
  test('the maximum holds in both directions', { skip: ofSize === undefined && NO_MAXIMUM }, () => {
    if (ofSize === undefined) return;
    const exact = join(encode(subject.make(MAX), [ofSize(MAX)]));
    const above = join(encode(subject.make(MAX + 1), [ofSize(MAX + 1)]));
    for (const split of [whole, bytewise]) {
      const fits = decode(subject.make(MAX), split(exact));
      assert.deepEqual(fits, { values: [expected(subject, ofSize(MAX))], error: undefined });
      const refused = decode(subject.make(MAX), split(above));
      assert.deepEqual(refused.values, []);
      assertNetError(refused.error, 'limit');
    }
    const sender = subject.make(MAX);
    assertNetError(
      caught(() => sender.send(ofSize(MAX + 1), 0)),
      'limit',
    );
    assert.equal(sender.take(), null, 'nothing of a refused message is sent');
  });
}

function testEndless<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  const { ofSize } = subject;
  test('a message that does not end is refused near the maximum', {
    skip: ofSize === undefined && NO_MAXIMUM,
  }, () => {
    if (ofSize === undefined) return;
    const wire = join(encode(subject.make(HUGE), [ofSize(HUGE)]));
    const receiver = subject.make(MAX);
    let taken = 0;
    const error = caught(() => {
      for (; taken < wire.length; taken++) {
        receiver.receive(wire.slice(taken, taken + 1), 0);
        receiver.next();
      }
    });
    assertNetError(error, 'limit');
    assert.ok(taken <= MAX + (subject.overhead ?? 32), `refused after ${taken} bytes`);
    assert.equal(
      caught(() => receiver.next()),
      error,
      'it stays refused',
    );
  });
}

function testPieces<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  const { ofSize } = subject;
  test('a small message leaves in one piece, a large payload in its own', {
    skip: ofSize === undefined && NO_MAXIMUM,
  }, () => {
    if (ofSize === undefined) return;
    assert.equal(encode(subject.make(), [ofSize(100)]).length, 1);
    const large = ofSize(HUGE);
    if (!(large instanceof Uint8Array)) return;
    const pieces = encode(subject.make(HUGE), [large]);
    assert.ok(pieces.some((piece) => piece.buffer === large.buffer));
  });
}

function testIdle<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>): void {
  test('a stream may end without a message, and time means nothing', () => {
    const framing = subject.make();
    assert.equal(framing.next(), null);
    assert.equal(framing.take(), null);
    assert.equal(framing.deadline(), null);
    framing.timeout(0);
    framing.receive(null, 0);
    assert.equal(framing.next(), null);
    assert.equal(framing.next(), null);
  });
}

function expected<In extends {}, Out extends {}>(subject: FramingSubject<In, Out>, value: Out): unknown {
  return subject.expected === undefined ? value : subject.expected(value);
}

function encode<In extends {}, Out extends {}>(protocol: Protocol<In, Out>, values: readonly Out[]): Bytes[] {
  const pieces: Bytes[] = [];
  for (const value of values) {
    protocol.send(value, 0);
    for (let piece = protocol.take(); piece !== null; piece = protocol.take()) pieces.push(piece);
  }
  return pieces;
}

/** The messages of the chunks, and what was thrown. Between chunks no more than `most` bytes may be held. */
function decode<In extends {}>(
  protocol: Protocol<In, never>,
  chunks: readonly Bytes[],
  most = Number.POSITIVE_INFINITY,
): { values: In[]; error: unknown } {
  const values: In[] = [];
  const error = caught(() => {
    for (const chunk of [...chunks, null]) {
      protocol.receive(chunk, 0);
      for (const value of drain(protocol)) values.push(value);
      const { buffered } = protocol as { buffered?: number };
      assert.ok((buffered ?? 0) <= most, `${buffered} bytes are held`);
    }
  });
  return { values, error };
}

function* drain<In extends {}>(protocol: Protocol<In, never>): Generator<In> {
  for (let value = protocol.next(); value !== null; value = protocol.next()) yield value;
}

function caught(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

function assertNetError(error: unknown, code?: NetErrorCode, fault?: 'local' | 'remote'): void {
  assert.ok(error instanceof NetError, `a NetError was expected, not ${error}`);
  if (code !== undefined) assert.equal(error.code, code);
  if (fault !== undefined) assert.equal(error.fault, fault);
}

function join(pieces: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

function whole(bytes: Bytes): Bytes[] {
  return [bytes];
}

function bytewise(bytes: Bytes): Bytes[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** Whole, byte by byte, in two at every place, and a few hundred random ways. */
function* splits(bytes: Bytes): Generator<Bytes[]> {
  yield whole(bytes);
  yield bytewise(bytes);
  for (let at = 1; at < bytes.length; at++) yield [bytes.slice(0, at), bytes.slice(at)];
  for (let seed = 1; seed <= SEEDS; seed++) yield randomSplit(bytes, randomNumbers(seed));
}

function randomSplit(bytes: Bytes, random: (below: number) => number): Bytes[] {
  const chunks: Bytes[] = [];
  const largest = 2 + random(300);
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(largest);
    chunks.push(bytes.slice(at, end));
    at = end;
  }
  return chunks;
}

/** The bytes with a few of them changed. */
function mutate(bytes: Bytes, random: (below: number) => number): Bytes {
  const changed = bytes.slice();
  for (let count = 1 + random(4); count > 0; count--) changed[random(changed.length)] = random(256);
  return changed;
}

/** Marsaglia's xorshift ("Xorshift RNGs", 2003): the same numbers for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = (seed * 0x9e3779b9) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
