import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Protocol } from '../core/contract.ts';
import { type Lines, lines } from './lines.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);

function receive<T extends {}>(framing: Protocol<T>, ...chunks: (string | Uint8Array | null)[]): T[] {
  const found: T[] = [];
  for (const chunk of chunks) {
    framing.receive(typeof chunk === 'string' ? utf8(chunk) : chunk, 0);
    for (let line = framing.next(); line !== null; line = framing.next()) found.push(line);
  }
  return found;
}

function sent<T extends {}>(framing: Protocol<T>, value: T): string {
  framing.send(value, 0);
  return Buffer.concat([...pieces(framing)]).toString();
}

function* pieces<T extends {}>(framing: Protocol<T>): Generator<Uint8Array> {
  for (let piece = framing.take(); piece !== null; piece = framing.take()) yield piece;
}

describe('lines', () => {
  test('each ending ends what it should and nothing else', () => {
    const input = 'a\nb\r\nc\rd\n\r\n\n';
    assert.deepEqual(receive(lines({ ending: 'any' }), input), ['a', 'b', 'c\rd', '', '']);
    assert.deepEqual(receive(lines({ ending: 'lf' }), input), ['a', 'b\r', 'c\rd', '\r', '']);
    assert.deepEqual(receive(lines({ ending: 'crlf' }), input), ['a\nb', 'c\rd\n']);
  });

  test('each ending is sent as it says', () => {
    assert.equal(sent(lines(), 'x'), 'x\n');
    assert.equal(sent(lines({ ending: 'lf' }), 'x\r'), 'x\r\n');
    assert.equal(sent(lines({ ending: 'crlf' }), 'x\ny\r'), 'x\ny\r\r\n');
  });

  test('lines that wait to be written do not change with the ones after them', () => {
    const framing = lines();
    const list = ['one', '€'.repeat(1024), 'two', 'x'.repeat(20_000), 'мир'];
    for (const line of list) framing.send(line, 0);
    assert.equal(Buffer.concat([...pieces(framing)]).toString(), `${list.join('\n')}\n`);
  });

  test('a line that another could not read back is not sent, and nothing of it', () => {
    const refused = [
      [lines(), 'a\nb'],
      [lines(), 'a\r'],
      [lines({ ending: 'lf' }), '\n'],
      [lines({ ending: 'crlf' }), 'a\r\nb'],
      [lines(), 'half \uD83D a pair'],
    ] as const;
    for (const [framing, line] of refused) {
      assert.throws(() => framing.send(line, 0), { name: 'NetError', code: 'protocol', fault: 'local' });
      assert.equal(framing.take(), null);
    }
  });

  test('what can be sent is read back, at any split', () => {
    const endings = fc.constantFrom('lf' as const, 'crlf' as const, 'any' as const);
    const line = fc.string({ unit: fc.constantFrom('\r', '\n', 'a', 'é'), maxLength: 8 });
    fc.assert(
      fc.property(endings, fc.array(line, { maxLength: 6 }), fc.array(fc.nat(60)), (ending, list, cuts) => {
        const sender = lines({ ending });
        const taken = list.filter((text) => {
          try {
            sender.send(text, 0);
            return true;
          } catch {
            return false;
          }
        });
        const wire = Buffer.concat([...pieces(sender)]);
        const places = [0, ...cuts.sort((a, b) => a - b), wire.length];
        const chunks = places.slice(1).map((end, index) => wire.subarray(places[index], end));
        assert.deepEqual(receive(lines({ ending }), ...chunks, null), taken);
      }),
    );
  });

  test('text that is not UTF-8 is an error, behind the lines before it, or replaced', () => {
    const input = Uint8Array.of(0x61, 0x0a, 0xff, 0x0a, 0x62, 0x0a);
    const strict = lines();
    strict.receive(input, 0);
    assert.equal(strict.next(), 'a');
    assert.throws(() => strict.next(), {
      code: 'protocol',
      fault: 'remote',
      message: /1 bytes is not UTF-8/,
    });
    assert.deepEqual(receive(lines({ invalid: 'replace' }), input), ['a', '\uFFFD', 'b']);
  });

  test('a character cut between chunks is one character', () => {
    const bytes = utf8('мир🌍\n');
    assert.deepEqual(receive(lines(), ...Array.from(bytes, (byte) => Uint8Array.of(byte))), ['мир🌍']);
  });

  test('the end of the stream within a line says how much was there', () => {
    const framing = lines();
    assert.deepEqual(receive(framing, 'one\ntwo'), ['one']);
    assert.throws(() => receive(framing, null), {
      code: 'protocol',
      fault: 'remote',
      message: 'The stream ended within a line, after 3 bytes of it',
    });
    assert.deepEqual(receive(lines({ unterminated: 'accept' }), 'one\ntwo', null), ['one', 'two']);
    assert.deepEqual(receive(lines({ unterminated: 'accept' }), 'one\n', null), ['one']);
  });

  test('bad options are refused by name', () => {
    assert.throws(() => lines({ max: 0 }), { code: 'protocol', fault: 'local', message: /option max is 0/ });
    assert.throws(() => lines({ max: Number.NaN }), /option max is NaN/);
  });
});

describe('lines that skip what is too long', () => {
  const make = (ending: 'lf' | 'crlf' | 'any', events: unknown[]): Lines<string> =>
    lines({ ending, max: 5, overlong: 'skip', onSkip: () => events.push('skipped') });

  test('drop the line, tell once and in order, and go on', () => {
    const events: unknown[] = [];
    const framing = make('any', events);
    for (const chunk of ['ab\n1234', '567', '89\ncd\n123456\n', '12345\r', '\nlast\n']) {
      framing.receive(utf8(chunk), 0);
      for (let line = framing.next(); line !== null; line = framing.next()) events.push(line);
    }
    assert.deepEqual(events, ['ab', 'skipped', 'cd', 'skipped', '12345', 'last']);
    assert.equal(framing.skipped, 2);
  });

  test('tell as soon as the line is too long, and hold none of it', () => {
    const events: unknown[] = [];
    const framing = make('any', events);
    assert.deepEqual(receive(framing, '123456'), []);
    assert.deepEqual(events, ['skipped']);
    const chunk = new Uint8Array(64 * 1024).fill(0x61);
    for (let count = 0; count < 100; count++) {
      assert.deepEqual(receive(framing, chunk), []);
      assert.equal((framing as unknown as { buffered: number }).buffered, 0);
    }
    assert.deepEqual(receive(framing, '\nok\n'), ['ok']);
    assert.equal(framing.skipped, 1);
  });

  test('give the same lines at any split', () => {
    const unit = fc.constantFrom('\r', '\n', '\r\n', 'a', 'bcd');
    const endings = fc.constantFrom('lf' as const, 'crlf' as const, 'any' as const);
    fc.assert(
      fc.property(endings, fc.array(fc.array(unit, { maxLength: 10 })), (ending, parts) => {
        const chunks = parts.map((part) => part.join('')).filter((chunk) => chunk !== '');
        const atOnce = make(ending, []);
        const split = make(ending, []);
        const wanted = receive(atOnce, chunks.join(''));
        assert.deepEqual(receive(split, ...chunks), wanted);
        assert.equal(split.skipped, atOnce.skipped);
        // By the letter: cut at the endings, drop what is too long.
        const separator = { lf: '\n', crlf: '\r\n', any: /\r?\n/ }[ending];
        const all = chunks.join('').split(separator).slice(0, -1);
        assert.deepEqual(
          wanted,
          all.filter((line) => line.length <= 5),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('an end within a skipped line was told already', () => {
    const framing = make('lf', []);
    assert.deepEqual(receive(framing, '1234567', null), []);
    assert.equal(framing.skipped, 1);
  });
});

test('bytes are searched once when they come one at a time', (context) => {
  const original = Uint8Array.prototype.indexOf;
  let searched = 0;
  context.mock.method(Uint8Array.prototype, 'indexOf', function (this: Uint8Array, byte: number, from = 0) {
    const found = original.call(this, byte, from);
    searched += (found < 0 ? this.length : found + 1) - from;
    return found;
  });
  const size = 20_000;
  const framing = lines();
  for (let count = 0; count < size; count++) receive(framing, Uint8Array.of(0x61));
  assert.deepEqual(receive(framing, '\n'), ['a'.repeat(size)]);
  assert.ok(searched <= 2 * size, `${searched} bytes were searched`);
});
