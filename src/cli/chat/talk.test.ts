import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, test } from 'node:test';
import { RECONNECT_FIRST } from '../../service/chat/index.ts';
import { ChatStage, settled } from '../../testing/chat-stage.ts';
import { FakeTerminal } from '../../testing/fake-terminal.ts';
import { talkThroughPipe } from './pipe.ts';
import { talkOnTerminal } from './terminal.ts';

let stage: ChatStage;

beforeEach(async () => {
  stage = await ChatStage.open();
});

afterEach(() => stage[Symbol.asyncDispose]());

function terminal(signal?: AbortSignal) {
  const screen = new FakeTerminal(100);
  const { input, output } = screen;
  const talk = talkOnTerminal(
    { input, output, where: 'memory:', create: (onEvent) => stage.create({ onEvent }) },
    { signal },
  );
  return { screen, talk };
}

function pipe(json = false, signal?: AbortSignal) {
  const input = new PassThrough();
  const [output, notes] = [new PassThrough(), new PassThrough()];
  const talk = talkThroughPipe(
    {
      input,
      output: output as unknown as NodeJS.WriteStream,
      notes: notes as unknown as NodeJS.WriteStream,
      json,
      where: 'memory:',
      create: (onEvent) => stage.create({ onEvent }),
    },
    { signal },
  );
  return { input, talk, out: () => text(output), notes: () => text(notes) };
}

/** Without the times, which depend on where the test runs. */
function text(stream: PassThrough): string {
  let read = '';
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) read += chunk;
  return read.replace(/^\d\d:\d\d /gm, '');
}

function shown(screen: FakeTerminal): string[] {
  return screen.rows.map((row) => row.replace(/^\d\d:\d\d /, '')).filter((row) => !/^— \d{4}-/.test(row));
}

test('on a terminal it shows the past, what is said and the prompt', async () => {
  stage.exchange.post('bob', 'before');
  const { screen, talk } = terminal();
  await settled();
  screen.type('half');
  stage.exchange.post('bob', 'now');
  await settled();
  assert.deepEqual(shown(screen), [
    '— connected to memory:; /help lists the commands —',
    '— earlier in #lobby —',
    'bob: before',
    '— now —',
    'bob: now',
    'anna #lobby> half',
  ]);
  screen.type('\r');
  await settled();
  assert.deepEqual(shown(screen).slice(-2), ['anna: half', 'anna #lobby>']);
  screen.type('/quit\r');
  await talk;
  assert.equal(stage.exchange.requests.at(-1)?.type, 'quit');
});

test('on a terminal the prompt says that the connection is lost, and what was typed is said later', async () => {
  const { screen, talk } = terminal();
  await settled();
  stage.exchange.crash();
  await settled();
  screen.type('later\r');
  await settled();
  assert.match(shown(screen).at(-2)!, /connection lost: .*reconnecting/);
  assert.equal(shown(screen).at(-1), 'offline anna #lobby>');
  stage.exchange.hook = (request, peer) => {
    stage.exchange.hook = () => false;
    peer.send({ type: 'error', id: request.id, code: 'name-taken', message: 'The name is taken' });
    return true;
  };
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  assert.equal(shown(screen).at(-2), '— still offline: The name is taken —');
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  stage.clock.advance(RECONNECT_FIRST);
  await settled();
  assert.deepEqual(shown(screen).slice(-3), ['— connected again —', 'anna: later', 'anna #lobby>']);
  screen.type('\x04');
  await talk;
});

test('on a terminal the commands work', async () => {
  const { screen, talk } = terminal();
  await settled();
  screen.type('/join dev\r');
  await settled();
  screen.type('/who\r/rooms\r/msg bob psst\r/nick anne\r/nope\r');
  await settled();
  const rows = shown(screen);
  for (const row of [
    '— you are in #dev —',
    '— 2 in #dev: anna (tcp), bob (tcp)',
    '[you → bob] psst',
    '— you are anne —',
  ])
    assert.ok(rows.includes(row), `${row} in ${rows.join('\n')}`);
  assert.ok(rows.some((row) => row.startsWith('There is no command /nope')));
  assert.equal(rows.at(-1), 'anne #dev>');
  screen.type('/leave\r\t');
  await settled();
  assert.equal(shown(screen).at(-1), 'anne #lobby>');
  screen.type('\x03');
  await talk;
});

test('on a terminal a first connection that fails is an error, and the terminal is given back', async () => {
  stage.exchange.hook = (request, peer) => {
    peer.send({ type: 'error', id: request.id, code: 'name-taken', message: 'The name is taken' });
    return true;
  };
  const { screen, talk } = terminal();
  await assert.rejects(talk, /The name is taken/);
  assert.equal(screen.keyboard.raw, false);
  assert.deepEqual(screen.rows, []);
});

test('on a terminal a signal ends it in order', async () => {
  const interrupt = new AbortController();
  const { talk } = terminal(interrupt.signal);
  await settled();
  interrupt.abort(new Error('interrupted'));
  await assert.rejects(talk, /interrupted/);
  assert.equal(stage.exchange.requests.at(-1)?.type, 'quit');
});

test('through a pipe each line is said, and the end leaves when all is confirmed', async () => {
  const { input, talk, out, notes } = pipe();
  input.end('one\n/me two\n\nthree');
  await talk;
  assert.deepEqual(
    stage.exchange.stored.map(({ body }) => body),
    ['one', 'two', 'three'],
  );
  assert.match(out(), /anna: one\n\* anna two\nanna: three\n$/);
  assert.match(notes(), /^— connected to memory:/);
  assert.equal(stage.exchange.requests.at(-1)?.type, 'quit');
});

test('through a pipe, input that could not be done makes it fail at the end', async () => {
  const { input, talk, notes } = pipe();
  input.end(`${'x'.repeat(101)}\n/nope\nfine\n`);
  await assert.rejects(talk, /2 lines of the input were not done/);
  assert.match(notes(), /101 bytes; the exchange takes 100\n.*no command \/nope/s);
  assert.equal(stage.exchange.stored.at(-1)?.body, 'fine');
});

test('through a pipe as JSON, every line is an object without controls', async () => {
  stage.exchange.post('bob', '\x1b[2J\x9b');
  const { input, talk, out } = pipe(true);
  input.end('/who\nhi\n/nope\n');
  await assert.rejects(talk);
  const text = out();
  assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['connected', 'past', 'members', 'message', 'error'],
  );
  assert.equal(events[1].messages[0].body, '\x1b[2J\x9b');
});

test('through a pipe a signal ends it in order', async () => {
  const interrupt = new AbortController();
  const { talk } = pipe(false, interrupt.signal);
  await settled();
  interrupt.abort(new Error('interrupted'));
  await assert.rejects(talk, /interrupted/);
  assert.equal(stage.exchange.requests.at(-1)?.type, 'quit');
});

test('through a pipe a line without end is refused', async () => {
  const { input, talk } = pipe();
  input.write('x'.repeat(100_000));
  await assert.rejects(talk, { code: 'limit' });
});
