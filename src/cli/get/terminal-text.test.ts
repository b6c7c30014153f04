import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TerminalText } from './terminal-text.ts';

function shown(...chunks: readonly (string | Uint8Array)[]): string {
  const text = new TerminalText();
  const parts = chunks.map((chunk) => text.write(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  return parts.join('') + text.end();
}

test('nothing in it is obeyed, and lines and tabs stay', () => {
  assert.equal(shown('a\x1b[31mred\tb\r\nnext\x07\n'), 'a␛[31mred\tb\nnext␇\n');
  assert.equal(shown('over\rwritten\n'), 'over␍written\n');
});

test('what follows begins a line of its own', () => {
  assert.equal(shown('no end'), 'no end\n');
  assert.equal(shown('an end\n'), 'an end\n');
  assert.equal(shown(''), '');
  assert.equal(shown('a\nb'), 'a\nb\n');
});

test('however it is cut, it is the same', () => {
  const text = 'ünïcödé ✓\r\n\x1b]0;title\x07\n\tindented';
  const bytes = Buffer.from(text);
  const whole = shown(bytes);
  for (let at = 1; at < bytes.length; at++)
    assert.equal(shown(bytes.subarray(0, at), bytes.subarray(at)), whole);
});

test('a line without an end is shown in pieces, and not held', () => {
  const text = new TerminalText();
  assert.equal(text.write(Buffer.from('x'.repeat(5000))).length, 5000);
  assert.equal(text.write(Buffer.from('y')), '');
  assert.equal(text.end(), 'y\n');
});

test('a long line that ends with its piece gets an end', () => {
  const text = new TerminalText();
  text.write(Buffer.from('x'.repeat(5000)));
  assert.equal(text.end(), '\n');
});

test('what is no text is refused, and other charsets are read', () => {
  assert.throws(() => shown(Buffer.from([1, 0, 2])), { code: 'unsupported', message: /-o FILE/ });
  const latin = new TerminalText('iso-8859-1');
  assert.equal(latin.write(Buffer.from([0xe9, 0x0a])), 'é\n');
  assert.equal(new TerminalText('no-such').write(Buffer.from('é\n')), 'é\n');
});
