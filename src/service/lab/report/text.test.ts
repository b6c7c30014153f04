import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import type { Finding, Part } from '../finding.ts';
import { finding } from './test-finding.ts';
import { renderText } from './text.ts';
import { widthOf } from './wrap.ts';

function linesOf(part: Part, width = 60): string[] {
  const text = renderText({ ...finding, parts: [part] }, { width });
  return text.split('\n').slice(text.split('\n').findIndex((line) => line.startsWith(part.title)) + 1);
}

test('a finding is its title, question, method and parts, in this order', () => {
  const text = renderText(finding);
  const wanted = [
    'A sample',
    'What does',
    'How it was measured',
    '- Nothing ran.',
    'Growth',
    'Counting',
    'Sizes',
  ];
  const places = [...wanted, 'In words', 'The second.'].map((part) => text.indexOf(part));
  assert.ok(!places.includes(-1), text);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test('columns are aligned, numbers at the right, and a gap is a dash', () => {
  assert.deepEqual(linesOf(finding.parts[2]!), [
    '  what   size (KiB)',
    '  ─────  ──────────',
    '  small           2',
    '  none            –',
    '',
  ]);
});

test('lines are a table of the series over x', () => {
  assert.deepEqual(linesOf(finding.parts[0]!).slice(0, 4), [
    '  connections  select (µs)  epoll (µs)',
    '  ───────────  ───────────  ──────────',
    '           10           11          12',
    '        1,000            –          14',
  ]);
});

test('the longest bar fills the width, the others their share, and notes stand below', () => {
  const [alone, note, together, never, why] = linesOf(finding.parts[1]!, 60);
  const length = (line: string): number => line.match(/█|▌/g)?.length ?? 0;
  // 60, less the indent, the names, their gap, and the widest value with its space.
  assert.equal(length(together!), 60 - 2 - 8 - 2 - 7);
  assert.ok(Math.abs(length(alone!) * 2 - length(together!)) <= 1, `${alone}\n${together}`);
  assert.match(alone!, /500 ms$/);
  assert.equal(note, '      It waits for nobody.');
  assert.equal(never, '  never     not measured');
  assert.equal(why, '      Not on this machine.');
});

test('bars that are all zero, negative or absent are drawn without length', () => {
  const bars = [
    { name: 'zero', value: 0 },
    { name: 'less', value: -1 },
  ];
  const [zero, less] = linesOf({ kind: 'bars', title: 'None', label: 'l', unit: '', bars });
  assert.deepEqual([zero, less], ['  zero  0', '  less  -1']);
});

test('no line of words or bars is wider than the terminal', () => {
  const long = 'word '.repeat(60).trim();
  const bars = [
    { name: 'a name that is longer than its share of the width allows', value: 3, note: long },
    { name: 'b', value: 1 },
  ];
  const parts: Part[] = [
    { kind: 'bars', title: long, label: 'l', unit: 's', bars, note: long },
    { kind: 'words', title: 'w', paragraphs: [long] },
    { kind: 'table', title: 't', columns: [{ name: 'a' }, { name: 'b' }], rows: [[long, 1]] },
  ];
  for (const width of [40, 57, 80]) {
    const lines = renderText({ ...finding, title: long, question: long, method: [long], parts }, { width });
    for (const line of lines.split('\n')) assert.ok(widthOf(line) <= width, `${width}: ${line}`);
  }
});

test('colours change nothing but colours', () => {
  const coloured = renderText(finding, { colour: true });
  assert.notEqual(coloured, renderText(finding));
  assert.equal(stripVTControlCharacters(coloured), renderText(finding));
});

test('what a name holds does not reach the terminal as a command', () => {
  const evil = 'x\u001b[2Jy';
  const hostile: Finding = {
    name: evil,
    title: evil,
    question: evil,
    method: [evil],
    parts: [
      { kind: 'table', title: evil, columns: [{ name: evil }], rows: [[evil]], note: evil },
      { kind: 'bars', title: evil, label: evil, unit: '', bars: [{ name: evil, value: 1, note: evil }] },
      { kind: 'words', title: evil, paragraphs: [evil] },
    ],
  };
  const text = renderText(hostile);
  assert.ok(!text.includes('\u001b'), JSON.stringify(text));
  assert.ok(text.includes('x␛[2Jy'));
});
