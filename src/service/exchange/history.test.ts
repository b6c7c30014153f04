import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import type { Message } from './event.ts';
import { History } from './history.ts';

const LIMITS = { historyMessages: 200, historyBytes: 128 * 1024, keepMessages: 1000, keepAge: 1000 };

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'modnet-history-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function message(id: number, body = `body ${id}`, room = 'lobby'): Message {
  return { type: 'message', id, room, sender: 'anna', time: id, kind: 'say', body, door: 'tcp' };
}

test('what was kept is there after a restart, with the names of its rooms', (t) => {
  const data = directory(t);
  const before = new History(data, LIMITS);
  before.append([message(1), message(2, 'nul \0 and \x1b and 👍', 'Dev')]);
  before.close();
  const after = new History(data, LIMITS);
  t.after(() => after.close());
  assert.deepEqual(after.rooms, ['lobby', 'Dev']);
  assert.equal(after.lastId, 2);
  assert.deepEqual(after.page('dev', null, 10), {
    messages: [message(2, 'nul \0 and \x1b and 👍', 'Dev')],
    before: null,
  });
});

test('only its owner enters a directory that was made for it', (t) => {
  const data = join(directory(t), 'new');
  const history = new History(data, LIMITS);
  t.after(() => history.close());
  assert.equal(statSync(data).mode & 0o077, 0);
});

test('pages go back to the beginning without a gap', () => {
  const history = new History(null, LIMITS);
  history.append(Array.from({ length: 25 }, (_, index) => message(index + 1)));
  const seen: number[] = [];
  let cursor: number | null = null;
  do {
    const page = history.page('lobby', cursor, 10);
    seen.unshift(...page.messages.map(({ id }) => id));
    cursor = page.before;
  } while (cursor !== null);
  assert.deepEqual(
    seen,
    Array.from({ length: 25 }, (_, index) => index + 1),
  );
  history.close();
});

test('a page is bounded in messages and in bytes, and brings one message at least', () => {
  const history = new History(null, { ...LIMITS, historyMessages: 5, historyBytes: 100 });
  history.append(Array.from({ length: 10 }, (_, index) => message(index + 1, 'x')));
  assert.equal(history.page('lobby', null, 1000).messages.length, 5);
  history.append([message(11, 'y'.repeat(60)), message(12, 'z'.repeat(60)), message(13, 'w'.repeat(200))]);
  assert.deepEqual(history.page('lobby', null, 5), {
    messages: [message(13, 'w'.repeat(200))],
    before: 13,
  });
  assert.deepEqual(
    history.page('lobby', 13, 5).messages.map(({ id }) => id),
    [12],
  );
  history.close();
});

test('a room keeps its newest messages, and ids are never given again', (t) => {
  const data = directory(t);
  const history = new History(data, { ...LIMITS, keepMessages: 100 });
  for (let id = 1; id <= 300; id++) history.append([message(id)]);
  assert.ok(history.page('lobby', 200, 10).messages.length <= 6);
  assert.equal(history.page('lobby', null, 200).messages.at(-1)?.id, 300);
  history.expire(Number.MAX_SAFE_INTEGER);
  assert.deepEqual(history.rooms, []);
  assert.equal(history.has('lobby'), false);
  history.close();
  const again = new History(data, LIMITS);
  assert.equal(again.lastId, 300);
  again.close();
});

test('messages expire by age', () => {
  const history = new History(null, LIMITS);
  history.append([message(10), message(2000)]);
  history.expire(2500);
  assert.deepEqual(history.page('lobby', null, 10).messages, [message(2000)]);
  history.close();
});

test('a batch that cannot be written leaves nothing behind', () => {
  const history = new History(null, LIMITS);
  history.append([message(1)]);
  assert.throws(() => history.append([message(2, 'new', 'dev'), message(1)]), {
    code: 'broken',
    message: /Cannot write the history: UNIQUE/,
  });
  assert.deepEqual(history.rooms, ['lobby']);
  history.append([message(2, 'new', 'dev')]);
  assert.equal(history.page('dev', null, 10).messages.length, 1);
  history.close();
});

test('a second server on the same data is refused by the name of the first', (t) => {
  const data = directory(t);
  const first = new History(data, LIMITS);
  assert.throws(() => new History(data, LIMITS), {
    code: 'busy',
    message: `Cannot use the data directory ${data}: process ${process.pid} runs an exchange on it; stop that one or choose another with --data`,
  });
  first.close();
  new History(data, LIMITS).close();
});

test('a file of something else is refused and left as it is', (t) => {
  const data = directory(t);
  const file = join(data, 'exchange.db');
  const text = 'this is not a database, it is a long enough letter. '.repeat(20);
  writeFileSync(file, text);
  assert.throws(() => new History(data, LIMITS), {
    code: 'refused',
    message: /exchange\.db: file is not a database; move it away/,
  });
  assert.equal(readFileSync(file, 'utf8'), text);
});

test("another program's database, and a newer format, are refused", (t) => {
  const data = directory(t);
  const file = join(data, 'exchange.db');
  const other = new DatabaseSync(file);
  other.exec('CREATE TABLE cats (name TEXT)');
  assert.throws(() => new History(data, LIMITS), { message: /belongs to another program/ });
  other.exec('DROP TABLE cats; PRAGMA user_version = 99');
  other.close();
  assert.throws(() => new History(data, LIMITS), { message: /newer modnet \(format 99\)/ });
});

test('what append returned for survives kill -9', async (t) => {
  const data = directory(t);
  const program = `
    import { History } from ${JSON.stringify(new URL('./history.ts', import.meta.url).href)};
    const history = new History(${JSON.stringify(data)});
    for (let id = 1; id <= 50; id++)
      history.append([{ type: 'message', id, room: 'lobby', sender: 'a', time: Date.now(), kind: 'say', body: 'b', door: 'tcp' }]);
    process.stdout.write('kept');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  const history = new History(data);
  assert.equal(history.page('lobby', null, 200).messages.length, 50);
  history.close();
});

test('pages go forward from a cursor, and say how much is still to come', () => {
  const history = new History(null, { ...LIMITS, historyMessages: 5, historyBytes: 100 });
  history.append(
    Array.from({ length: 8 }, (_, index) => message(index + 1, 'x', index === 3 ? 'dev' : 'lobby')),
  );
  const ids = (after: number, limit: number): unknown[] => {
    const { messages, more } = history.newer('Lobby', after, limit);
    return [messages.map(({ id }) => id), more];
  };
  assert.deepEqual(ids(0, 3), [[1, 2, 3], 4]);
  assert.deepEqual(ids(3, 3), [[5, 6, 7], 1]);
  assert.deepEqual(ids(0, 1_000), [[1, 2, 3, 5, 6], 2], 'no more than the limit');
  assert.deepEqual(ids(8, 3), [[], 0]);
  history.append([message(9, 'y'.repeat(60)), message(10, 'z'.repeat(60))]);
  assert.deepEqual(ids(8, 3), [[9], 1], 'no more than the limit in bytes');
  assert.deepEqual(history.newer('nowhere', 0, 3), { messages: [], more: 0 });
  assert.deepEqual({ ...history.count('lobby', 6) }, { count: 4, last: 10 });
  assert.deepEqual(history.count('nowhere'), { count: 0, last: null });
  history.close();
});
