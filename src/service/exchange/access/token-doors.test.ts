import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { connect, udp } from '../../../transport/index.ts';
import { ChatClient } from '../../chat/index.ts';
import { startExchange } from '../exchange.ts';
import { Client, stage } from '../test-house.ts';

const TOKEN = 'open-sesame';

test('a person is asked for the token, and greeted after it, under the name that follows', async (t) => {
  const play = await stage(t, {}, TOKEN);
  const anna = await play.enter();
  await turn();
  play.house.clock.advance(250);
  assert.match((await anna.line())!, /^! This exchange asks for a token first: \/token TOKEN/);
  await anna.write('hello\n/nick anna\n/rooms\n');
  for (const line of await anna.lines(3)) assert.match(line!, /^! This exchange asks for a token/);
  assert.equal(play.house.hub.memberCount, 0);
  await anna.write(`/token ${TOKEN}\n/nick anna\n`);
  assert.equal(await anna.line(), '* This is the exchange of modnet/test. You are anna in #lobby.');
  const bob = await play.enter();
  await bob.write(`/token ${TOKEN}\n`);
  await turn();
  play.house.clock.advance(250);
  assert.match((await bob.line())!, /You are guest-1 in #lobby/);
});

test('a program shows the token before anything else, and is told when it has not', async (t) => {
  const play = await stage(t, {}, TOKEN);
  const bot = await play.enter();
  await bot.ask({ type: 'hello', name: 'bot', id: 1 }, { type: 'token', token: TOKEN, id: 2 });
  await bot.ask({ type: 'hello', name: 'bot', id: 3 });
  const { message, ...refusal } = await bot.message();
  assert.deepEqual(refusal, { type: 'error', id: 1, code: 'token-needed' });
  assert.match(message as string, /"type":"token"/);
  assert.deepEqual(await bot.message(), { type: 'ok', id: 2, request: 'token' });
  const { type, id, member } = await bot.message();
  assert.deepEqual([type, id, member], ['welcome', 3, 'bot']);
  const guest = await play.enter();
  await guest.ask({ type: 'quit' });
  assert.equal((await guest.message()).type, 'bye');
});

test('three wrong tokens end the connection, ten those of the address for a while', async (t) => {
  const play = await stage(t, {}, TOKEN);
  const wrong = { type: 'token', token: 'wrong-one' };
  for (const codes of [
    'bad-token bad-token bad-token',
    'bad-token bad-token bad-token',
    'bad-token bad-token bad-token',
  ]) {
    const guesser = await play.enter();
    await guesser.ask(wrong, wrong, wrong, wrong);
    const lines = (await guesser.rest()).map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(
      lines
        .slice(0, 3)
        .map(({ code }) => code)
        .join(' '),
      codes,
    );
    assert.deepEqual(lines.slice(3), [{ type: 'bye', reason: 'too many wrong tokens' }]);
  }
  const late = await play.enter();
  await late.ask(wrong, { type: 'token', token: TOKEN });
  assert.equal((await late.message()).code, 'bad-token');
  const { code, message } = await late.message();
  assert.equal(code, 'rate');
  assert.match(message as string, /wait 6 seconds/);
  play.house.clock.advance(6_001);
  await late.ask({ type: 'token', token: TOKEN });
  assert.equal((await late.message()).type, 'ok');
});

test('who does not show the token in time is let go', async (t) => {
  const play = await stage(t, { token: 5_000 }, TOKEN);
  const mute = await play.enter();
  await mute.ask({ type: 'ping' });
  await mute.message();
  play.house.clock.advance(5_000);
  assert.deepEqual(await mute.message(), { type: 'bye', reason: 'a token must come within 5 seconds' });
});

test('where no token is needed, one does no harm', async (t) => {
  const play = await stage(t);
  const bot = await play.enter();
  await bot.ask({ type: 'token', token: 'whatever', id: 1 }, { type: 'hello', name: 'bot' });
  assert.deepEqual(await bot.message(), { type: 'ok', id: 1, request: 'token' });
  assert.equal((await bot.message()).member, 'bot');
  const person = await play.enter();
  await person.write('/token whatever\n/nick anna\n');
  assert.match((await person.line())!, /You are anna/);
});

test('an exchange that others can reach makes a token itself; the Unix door needs none', {
  timeout: 20_000,
}, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'modnet-token-'));
  const socketFile = `unix:${join(data, 'x.sock')}`;
  const doors = ['tcp://0.0.0.0:0', 'udp://127.0.0.1:0', socketFile];
  const exchange = await startExchange({ data: null, doors });
  t.after(async () => {
    await exchange.close({ deadline: 0 });
    rmSync(data, { recursive: true });
  });
  const friend = new Client(await connect(socketFile));
  t.after(() => friend.connection.abort());
  await friend.ask({ type: 'hello', name: 'friend' });
  assert.equal((await friend.message()).member, 'friend');
  assert.match(exchange.token!, /^[0-9a-f]{32}$/);
  const [tcp, datagrams] = exchange.doors.map(({ address }) => (address.kind === 'inet' ? address.port : 0));
  const client = new Client(await connect(`tcp://127.0.0.1:${tcp}`));
  t.after(() => client.connection.abort());
  await client.ask(
    { type: 'hello' },
    { type: 'token', token: exchange.token },
    { type: 'hello', name: 'anna' },
  );
  assert.equal((await client.message()).code, 'token-needed');
  assert.equal((await client.message()).type, 'ok');
  assert.equal((await client.message()).member, 'anna');
  const socket = await udp.connect(`udp://127.0.0.1:${datagrams}`);
  t.after(() => socket.close());
  const ask = async (text: string): Promise<string> => {
    await socket.send({ data: Buffer.from(text) });
    return Buffer.from((await socket.receive())!.data).toString();
  };
  assert.match(await ask('/nick bob'), /^! This exchange asks for a token/);
  assert.match(await ask('{"type":"hello"}'), /"code":"token-needed"/);
  assert.match(await ask('/token wrong-one'), /^! The token is wrong/);
  assert.match(await ask(`/token ${exchange.token}`), /You are guest-1/);
  assert.match(await ask('/nick bob'), /You are now bob/);
});

test('whether a token is needed can be said', { timeout: 20_000 }, async (t) => {
  const open = await startExchange({ data: null, doors: ['tcp://0.0.0.0:0'], token: false });
  t.after(() => open.close({ deadline: 0 }));
  assert.equal(open.token, null);
  const near = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0'] });
  t.after(() => near.close({ deadline: 0 }));
  assert.equal(near.token, null);
  const closed = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0'], token: TOKEN });
  t.after(() => closed.close({ deadline: 0 }));
  assert.equal(closed.token, TOKEN);
  await assert.rejects(startExchange({ data: null, doors: [], token: 'short' }), /8 to 256 characters/);
});

test('the chat shows the token, and is told when it must or when it is wrong', {
  timeout: 20_000,
}, async (t) => {
  const exchange = await startExchange({ data: null, doors: ['tcp://127.0.0.1:0'], token: TOKEN });
  t.after(() => exchange.close({ deadline: 0 }));
  const door = exchange.doors[0]!.address;
  const enter = async (token: string | undefined): Promise<ChatClient> => {
    const dial = ({ signal }: { signal?: AbortSignal | undefined }) => connect(door, { signal });
    const client = new ChatClient({ name: 'anna', token, dial, onEvent: () => {} });
    t.after(() => client.abort());
    await client.connect();
    return client;
  };
  await assert.rejects(enter(undefined), { reason: 'token-needed' });
  await assert.rejects(enter('wrong-one'), { reason: 'bad-token' });
  const anna = await enter(TOKEN);
  await anna.say('here');
  assert.equal(exchange.stats().messages, 1);
});
