import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, parseEntry } from './entry.ts';

test('text is said, and an empty line is nothing', () => {
  assert.deepEqual(parseEntry(' hello there '), { kind: 'say', body: 'hello there' });
  assert.equal(parseEntry('  '), null);
  assert.deepEqual(parseEntry('//etc/passwd'), { kind: 'say', body: '/etc/passwd' });
});

test('each command with what it takes', () => {
  const cases: Record<string, object> = {
    '/help': { kind: 'help' },
    '/rooms': { kind: 'rooms' },
    '/quit': { kind: 'quit' },
    '/nick  bob': { kind: 'nick', name: 'bob' },
    '/JOIN #dev': { kind: 'join', room: 'dev' },
    '/leave': { kind: 'leave', room: undefined },
    '/leave #dev': { kind: 'leave', room: 'dev' },
    '/who': { kind: 'who', room: undefined },
    '/msg bob  hi  there': { kind: 'msg', to: 'bob', body: 'hi  there' },
    '/history': { kind: 'history', limit: undefined },
    '/history 7': { kind: 'history', limit: 7 },
    '/me waves': { kind: 'me', body: 'waves' },
  };
  for (const [line, entry] of Object.entries(cases)) assert.deepEqual(parseEntry(line), entry, line);
});

test('a command without what it needs says how it is used', () => {
  for (const line of ['/nick', '/join ', '/me', '/msg', '/msg bob', '/history x', '/history 0'])
    assert.match((parseEntry(line) as { text: string }).text, /^Usage: \/\w+ \S/, line);
});

test('an unknown command gives a hint, with the one that was meant', () => {
  assert.match((parseEntry('/hist') as { text: string }).text, /no command \/hist; did you mean \/history\?/);
  assert.match((parseEntry('/xyz') as { text: string }).text, /no command \/xyz; \/help lists them/);
});

test('every command of the help is known', () => {
  for (const { name } of COMMANDS) {
    const entry = parseEntry(`/${name} 1 x`);
    assert.doesNotMatch(JSON.stringify(entry), /no command/);
  }
});
