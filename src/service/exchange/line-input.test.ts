import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { stage } from './test-house.ts';

test('every message that is sent is valid by the schema', async (t) => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../docs/exchange.schema.json', import.meta.url), 'utf8'),
  ) as object;
  const ajv = new Ajv2020({ strict: true, strictRequired: false });
  ajv.addSchema(schema, 'exchange');
  const isServer = ajv.getSchema('exchange#/$defs/server')!;
  const isClient = ajv.getSchema('exchange#/$defs/client')!;
  const play = await stage(t, { rate: 1e6, burst: 1e6 });
  const bot = await play.enter();
  const requests = [
    { type: 'hello', name: 'bot', rooms: ['lobby', '#dev'], history: 3, id: 1 },
    { type: 'nick', name: 'Bot', id: 2 },
    { type: 'join', room: 'x', history: 1, id: 3 },
    { type: 'say', body: 'hi \0 there', id: 4 },
    { type: 'me', body: 'waves', room: 'lobby', id: 'five' },
    { type: 'msg', to: 'bot', body: 'me', id: 6 },
    { type: 'history', id: 7, limit: 1 },
    { type: 'who', id: 8 },
    { type: 'rooms', id: 9 },
    { type: 'ping', id: 10 },
    { type: 'leave', room: 'dev', id: 11 },
    { type: 'leave', room: 'nope', id: 12 },
  ];
  for (const request of requests) assert.ok(isClient(request), JSON.stringify(isClient.errors));
  await bot.ask(...requests);
  await turn();
  play.house.hub.announce('lobby', 'a notice');
  await turn();
  await bot.ask(
    { type: 'fly', id: 13 },
    { type: 'history', room: 'lobby', id: 14 },
    { type: 'quit', id: 15 },
  );
  const seen = new Set<string>();
  for (const line of await bot.rest()) {
    const message = JSON.parse(line) as { type: string };
    seen.add(message.type);
    assert.ok(isServer(message), `${line} ${JSON.stringify(isServer.errors)}`);
  }
  const types = ['welcome', 'history', 'joined', 'ok', 'renamed', 'message', 'private', 'members', 'rooms'];
  assert.deepEqual([...seen].sort(), [...types, 'pong', 'error', 'bye'].sort());
  assert.ok(isServer(JSON.parse(play.house.json.reply({ type: 'missed', count: 3 }))));
  assert.equal(isServer({ type: 'message', id: 1 }), false);
});

/** Everything that one client hears who writes these chunks and ends. */
async function hears(chunks: readonly Uint8Array[]): Promise<string[]> {
  const play = await stage(null, {
    rate: 1e6,
    burst: 1e6,
    addressRate: 1e6,
    addressBurst: 1e6,
    lineBytes: 60,
  });
  const client = await play.enter();
  for (const chunk of chunks) {
    await client.write(chunk);
    await Promise.resolve();
  }
  await client.connection.end();
  const lines = await client.rest();
  assert.equal(play.house.hub.memberCount, 0);
  await play.door.close(AbortSignal.abort());
  return lines;
}

function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return at
    .slice(1)
    .map((end, index) => bytes.slice(at[index], end))
    .filter((chunk) => chunk.length > 0);
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 });

test('however the input is split, the replies are the same', async () => {
  const word = fc.constantFrom(
    '/nick bob',
    '/join dév',
    '/who',
    'hi',
    '/leave',
    '/nope',
    '\r',
    'x'.repeat(70),
    '/msg bob ü',
  );
  const json = fc.constantFrom('{"type":"who","id":1}', '{"type":"say","body":"ü","id":2}', '{"ty', '', '[]');
  const text = fc.oneof(
    fc.array(word, { maxLength: 8 }),
    fc.array(json, { maxLength: 8 }).map((all) => ['{}', ...all]),
  );
  await fc.assert(
    fc.asyncProperty(text, cuts, async (lines, at) => {
      const bytes = new TextEncoder().encode(lines.join('\n'));
      assert.deepEqual(await hears(split(bytes, at)), await hears(split(bytes, [])));
    }),
    { numRuns: 60 },
  );
});

test('a command that does not exist is named without what a terminal would obey', async () => {
  const heard = await hears([new TextEncoder().encode('/\x1b[2J\0\u202e\n')]);
  assert.ok(
    heard.includes('! There is no command /\u241b[2j\u2400\ufffd; /help shows what there is'),
    heard.join('\n'),
  );
});

test('no bytes make it throw, and everybody is let go', async () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .string({ unit: 'binary', maxLength: 200 })
      .map((text) => new TextEncoder().encode(`{${text}\n/${text}`)),
  );
  await fc.assert(
    fc.asyncProperty(noise, cuts, async (bytes, at) => {
      for (const line of await hears(split(bytes, at)))
        assert.doesNotMatch(line, /[\0-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e]/, JSON.stringify(line));
    }),
    { numRuns: 100 },
  );
});
