import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NetError } from '../core/error.ts';
import { FRAMING_FORMS, parseFraming } from './spec.ts';

function sent(spec: string, message: string): string {
  const framing = parseFraming(spec)();
  framing.send(Buffer.from(message, 'latin1'), 0);
  return Buffer.from(framing.take()!).toString('latin1');
}

describe('framing specs', () => {
  test('every form of the help text can be used, and frames what fits it', () => {
    for (const [form, about] of FRAMING_FORMS) {
      assert.ok(about.length > 0);
      const message = form === 'json-header' ? '{"a":1}' : 'sixteen bytes...';
      const framing = parseFraming(form)();
      framing.receive(Buffer.from(sent(form, message), 'latin1'), 0);
      assert.equal(Buffer.from(framing.next()!).toString(), message, form);
    }
  });

  test('each names the format that it says', () => {
    assert.equal(sent('lines', 'a'), 'a\n');
    assert.equal(sent('lines:any', 'a'), 'a\n');
    assert.equal(sent('lines:crlf', 'a'), 'a\r\n');
    assert.equal(sent('delimiter:%00', 'a'), 'a\0');
    assert.equal(sent('delimiter:%FF%2cé;', 'a'), `a\xff,${Buffer.from('é').toString('latin1')};`);
    assert.equal(sent('length:4', 'a'), '\0\0\0\x01a');
    assert.equal(sent('length:2le', 'a'), '\x01\0a');
    assert.equal(sent('length:2be', 'a'), '\0\x01a');
    assert.equal(sent('length:4+header', 'a'), '\0\0\0\x05a');
    assert.equal(sent('length:2le+header', 'a'), '\x03\0a');
    assert.equal(sent('decimal:4', 'a'), '0001a');
    assert.equal(sent('decimal:4+header', 'a'), '0005a');
    assert.equal(sent('decimal:4-leading', 'a'), '   1a');
    assert.equal(sent('decimal:4-trailing+header', 'a'), '5   a');
    assert.equal(sent('varint', 'a'), '\x01a');
    assert.equal(sent('netstring', 'a'), '1:a,');
    assert.equal(sent('raw', 'a'), 'a');
    assert.match(sent('json-header', '[1]'), /"content-type":"text\/json".*"content-length":3}\[1\]$/);
  });

  test('max takes sizes as people write them', () => {
    for (const [text, max] of [
      ['100', 100],
      ['1k', 1024],
      ['2K', 2048],
      ['1m', 2 ** 20],
    ] as const) {
      const framing = parseFraming(`length:4,max=${text}`)();
      framing.send(new Uint8Array(max), 0);
      assert.throws(() => framing.send(new Uint8Array(max + 1), 0), { code: 'limit' });
    }
  });

  test('each connection has a framing of its own', () => {
    const make = parseFraming('lines');
    const first = make();
    first.receive(Buffer.from('half'), 0);
    const second = make();
    second.receive(Buffer.from('whole\n'), 0);
    assert.equal(Buffer.from(second.next()!).toString(), 'whole');
  });

  test('what is sent as JSON is JSON', () => {
    assert.throws(() => sent('json-header', 'hello'), {
      code: 'protocol',
      fault: 'local',
      message: /not JSON/,
    });
  });

  test('an error names the part that is wrong', () => {
    const wrong: [spec: string, why: RegExp][] = [
      ['', /"" is none of lines, delimiter/],
      ['line', /"line" is none of lines/],
      ['constructor', /"constructor" is none of/],
      ['lines:cr', /ending "cr" is none of lf, crlf, any/],
      ['lines,max=', /"" is no size for max/],
      ['lines,max=0', /"0" is no size for max/],
      ['lines,max=64q', /"64q" is no size for max/],
      ['lines,max=1,max=2', /max is there twice/],
      ['lines,min=1', /option "min=1" is not known/],
      ['delimiter', /delimiter is missing/],
      ['delimiter:%0', /"%0" has a "%"/],
      [`delimiter:${'x'.repeat(257)}`, /257 bytes; it must have 1 to 256/],
      ['fixed', /size "" is no number/],
      ['fixed:0', /option size is 0/],
      ['fixed:16,max=4', /max has no meaning/],
      ['length', /"" is not 1, 2, 4 or 8/],
      ['length:3', /"3" is not 1, 2, 4 or 8/],
      ['length:4+head', /"4\+head" is not/],
      ['decimal:x', /"x" is no number of columns/],
      ['decimal:16', /columns is 16/],
      ['varint:1', /"1" has no meaning here/],
      ['raw,max=1k', /max has no meaning/],
    ];
    for (const [spec, message] of wrong)
      assert.throws(() => parseFraming(spec), {
        name: 'NetError',
        code: 'protocol',
        fault: 'local',
        message,
      });
  });

  test('any text is a framing or a NetError', () => {
    const word = fc.constantFrom(
      'lines',
      'length',
      'fixed',
      'delimiter',
      'decimal',
      ':',
      ',',
      'max=',
      '4',
      '%',
      'le',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word).map((words) => words.join('')),
        ),
        (spec) => {
          try {
            parseFraming(spec)();
          } catch (error) {
            assert.ok(error instanceof NetError, String(error));
            assert.ok(error.message.startsWith(`Bad framing "${spec}": `));
          }
        },
      ),
    );
  });
});
