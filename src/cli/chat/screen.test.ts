import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { FakeTerminal } from '../../testing/fake-terminal.ts';
import { Screen } from './screen.ts';

function open(columns = 20) {
  const terminal = new FakeTerminal(columns);
  const lines: string[] = [];
  let left = 0;
  const screen = new Screen({
    input: terminal.input,
    output: terminal.output,
    complete: (line) => [['/help', '/history'].filter((command) => command.startsWith(line)), line],
    onLine: (line) => lines.push(line),
    onLeave: () => left++,
  });
  screen.prompt('> ');
  return { terminal, screen, lines, left: () => left };
}

async function settled(): Promise<void> {
  for (let count = 0; count < 5; count++) await turn();
}

test('what is printed goes above the input, which stays as it was typed', async () => {
  const { terminal, screen } = open();
  terminal.type('half a th');
  await settled();
  screen.print('one');
  screen.print('two');
  await settled();
  assert.deepEqual(terminal.rows, ['one', 'two', '> half a th']);
  assert.deepEqual(terminal.cursor, [2, 11]);
  screen.close();
});

test('an input that wraps stays whole, and the cursor stays within it', async () => {
  const { terminal, screen } = open(10);
  terminal.type('abcdefghijklmnop');
  await settled();
  terminal.type('\x1b[D\x1b[D');
  await settled();
  screen.print('one');
  await settled();
  assert.deepEqual(terminal.rows, ['one', '> abcdefgh', 'ijklmnop']);
  assert.deepEqual(terminal.cursor, [2, 6]);
  screen.close();
});

test('wide and combining characters are counted as they look', async () => {
  const { terminal, screen } = open(10);
  terminal.paste('日本語e\u0301日本');
  await settled();
  screen.print('one');
  await settled();
  assert.deepEqual(terminal.rows, ['one', '> 日本語e\u0301', '日本']);
  screen.close();
});

test('a line that was entered disappears and is handed over', async () => {
  const { terminal, screen, lines } = open(10);
  terminal.type('a long line that wraps\r');
  await settled();
  assert.deepEqual(lines, ['a long line that wraps']);
  assert.deepEqual(terminal.rows, ['>']);
  terminal.type('\x1b[A');
  await settled();
  assert.equal(terminal.rows.join(''), '> a long line that wraps');
  screen.close();
});

test('a tab completes; within a paste it is a space', async () => {
  const { terminal, screen, lines } = open();
  terminal.type('/hel\t\r');
  terminal.paste('a\tb\r');
  await settled();
  assert.deepEqual(lines, ['/help', 'a b']);
  screen.close();
});

test('Ctrl-C and Ctrl-D leave once, and the terminal gets its mode back', async () => {
  for (const key of ['\x03', '\x04']) {
    const { terminal, screen, left } = open();
    assert.equal(terminal.keyboard.raw, true);
    screen.print('last');
    terminal.type(key);
    await settled();
    screen.close();
    assert.equal(left(), 1);
    assert.equal(terminal.keyboard.raw, false);
    assert.deepEqual(terminal.rows, ['last']);
  }
});

test('after it is closed, text is printed without a prompt', async () => {
  const { terminal, screen } = open();
  screen.close();
  screen.print('bye');
  await settled();
  assert.deepEqual(terminal.rows, ['bye']);
});

test('any mix of typing, pasting and printing keeps every line and the input', async () => {
  const characters = fc.constantFrom('a', 'b', ' ', '日', 'é', '\x1b[D', '\x1b[C', '\x7f', '\x01', '\x05');
  const step = fc.oneof(
    fc.record({ kind: fc.constantFrom('type', 'paste'), text: fc.array(characters, { maxLength: 25 }) }),
    fc.constant({ kind: 'print', text: [] as string[] }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const { terminal, screen, lines } = open(13);
      let printed = 0;
      for (const { kind, text } of steps) {
        if (kind === 'print') screen.print(`line ${++printed}`);
        else if (kind === 'type') for (const key of text) terminal.keyboard.write(key);
        else terminal.paste(text.join(''));
        await settled();
      }
      const rows = terminal.rows;
      terminal.type('\r');
      await settled();
      screen.close();
      const expected = Array.from({ length: printed }, (_, index) => `line ${index + 1}`);
      assert.deepEqual(rows.slice(0, printed), expected);
      const shown = rows.slice(printed).join('').replaceAll(' ', '');
      assert.equal(shown, `> ${lines[0]}`.replaceAll(' ', ''));
    }),
    { numRuns: 100 },
  );
});
