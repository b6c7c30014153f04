import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { person, program, stage } from './test-house.ts';

test('an overlong line is refused once, dropped, and the next one is taken', async (t) => {
  const play = await stage(t, { lineBytes: 100 });
  const anna = await person(play, 'anna');
  for (let count = 0; count < 50; count++) await anna.write('x'.repeat(64 * 1024));
  await anna.write('tail\n/who\n');
  assert.deepEqual(await anna.lines(2), [
    '! A line of more than 100 bytes was dropped',
    '* In #lobby (1): anna',
  ]);
});

test('too many requests are refused one by one, and time heals', async (t) => {
  const play = await stage(t, { rate: 1, burst: 3 });
  const anna = await person(play, 'anna');
  await anna.write('/ping\n/ping\n/ping\n');
  assert.deepEqual(await anna.lines(3), [
    '* pong',
    '* pong',
    '! Too fast: at most 1 requests a second; this one was not done',
  ]);
  play.house.clock.advance(1000);
  await anna.write('/ping\n');
  assert.equal(await anna.line(), '* pong');
});

test('one address has one rate, however many connections it opens', async (t) => {
  const play = await stage(t, { addressRate: 1, addressBurst: 2 });
  const anna = await person(play, 'anna');
  const bob = await person(play, 'bob');
  await anna.line();
  await anna.write('/ping\n');
  await bob.write('/ping\n');
  for (const client of [anna, bob])
    assert.equal(await client.line(), '! Too fast: at most 1 requests a second from one address');
});

test('whoever is silent for too long is told and ended; whoever speaks is not', async (t) => {
  const play = await stage(t, { idle: 10_000 });
  const silent = await person(play, 'silent');
  const alive = await person(play, 'alive');
  await silent.line();
  play.house.clock.advance(9_000);
  await alive.write('/ping\n');
  await alive.line();
  play.house.clock.advance(1_000);
  assert.deepEqual(await silent.rest(), ['* Bye: nothing came from you for 10 seconds']);
  assert.equal(await alive.line(), '* silent left #lobby (nothing came from you for 10 seconds)');
});

test('a line must be complete in time, however steadily its bytes drip', async (t) => {
  const play = await stage(t, { line: 5_000 });
  const slow = await person(play, 'slow');
  for (let second = 0; second < 4; second++) {
    await slow.write('x');
    await turn();
    play.house.clock.advance(1_000);
  }
  await slow.write('\ny');
  await turn();
  play.house.clock.advance(4_000);
  assert.equal(play.house.hub.memberCount, 1);
  play.house.clock.advance(1_000);
  assert.deepEqual(await slow.rest(), ['* Bye: a line must be complete within 5 seconds']);
});

test('beyond the limit a connection is refused with a sentence; a place that is left is free', async (t) => {
  const play = await stage(t, { connections: 2 });
  const anna = await person(play, 'anna');
  await person(play, 'bob');
  const refused = await Promise.all(Array.from({ length: 300 }, () => play.enter()));
  for (const client of refused.slice(-10))
    assert.deepEqual(await client.rest(), [
      '! The exchange is full: 2 connections are open already; try again later',
    ]);
  assert.equal(play.house.admission.refused, 300);
  assert.equal(play.door.clients, 2);
  await anna.write('/quit\n');
  await anna.rest();
  await anna.connection.close();
  await person(play, 'carl');
});

test('a member that vanishes leaves, and the others hear of it', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  const bob = await person(play, 'bob');
  await anna.line();
  await bob.write('{"half');
  bob.connection.abort();
  assert.equal(await anna.line(), '* bob left #lobby (connection lost)');
  assert.equal(play.door.clients, 1);
});

test('who does not read is told what they missed, and nobody waits for them', async (t) => {
  const play = await stage(t, { outboxBytes: 2_000, rate: 1e6, burst: 1e6 });
  const slow = await person(play, 'slow');
  await turn();
  const wire = slow.connection.attach({ onData() {}, onEnd() {}, onDrain() {}, onClose() {} });
  wire.pause();
  const bob = await program(play, 'bob');
  for (let count = 0; count < 100; count++) {
    await bob.ask({ type: 'say', body: 'x'.repeat(100), id: count });
    await bob.messageOf('message');
  }
  let text = '';
  wire.start({ onData: (chunk) => (text += Buffer.from(chunk)), onEnd() {}, onDrain() {}, onClose() {} });
  wire.resume();
  await turn();
  play.house.clock.advance(1_000);
  await turn();
  await turn();
  const lines = text.trimEnd().split('\n');
  const missed = Number(/missed (\d+) messages/.exec(lines.at(-1)!)?.[1]);
  const got = lines.filter((line) => line.startsWith('#lobby <bob>')).length;
  assert.equal(got + missed, 100);
  assert.ok(got > 0 && got * 114 <= 2_200, `${got}`);
});

test('who goes on not reading is dropped', async (t) => {
  const play = await stage(t, { outboxBytes: 500, slow: 5_000, rate: 1e6, burst: 1e6 });
  const slow = await person(play, 'slow');
  slow.connection.attach({ onData() {}, onEnd() {}, onDrain() {}, onClose() {} }).pause();
  const bob = await program(play, 'bob');
  for (let second = 0; second < 5; second++) {
    for (let count = 0; count < 10; count++) await bob.ask({ type: 'say', body: 'x'.repeat(100) });
    for (let count = 0; count < 10; count++) await bob.messageOf('message');
    play.house.clock.advance(1_000);
  }
  const left = await bob.messageOf('left');
  assert.deepEqual([left.member, left.reason], ['slow', 'you read too slowly']);
});

test('who asks and does not take the answers is not read from, and nothing is lost when they do', async (t) => {
  const play = await stage(t, {
    outboxBytes: 2_000,
    rate: 1e6,
    burst: 1e6,
    addressRate: 1e6,
    addressBurst: 1e6,
  });
  const greedy = await person(play, 'greedy');
  let answered = 0;
  const wire = greedy.connection.attach({
    onData: (chunk) => (answered += Buffer.from(chunk).toString().split('pong').length - 1),
    onEnd() {},
    onDrain() {},
    onClose() {},
  });
  wire.pause();
  const request = Buffer.from('/ping\n'.repeat(20_000));
  wire.push(request);
  await turn();
  await turn();
  assert.equal(answered, 0);
  wire.resume();
  while (answered < 20_000) await turn();
  assert.equal(answered, 20_000);
});

test('who asks and never takes the answers is ended', async (t) => {
  const play = await stage(t, { rate: 1e6, burst: 1e6, addressRate: 1e6, addressBurst: 1e6, slow: 5_000 });
  const greedy = await person(play, 'greedy');
  const wire = greedy.connection.attach({ onData() {}, onEnd() {}, onDrain() {}, onClose() {} });
  wire.pause();
  wire.push(Buffer.from('/ping\n'.repeat(20_000)));
  await turn();
  play.house.clock.advance(4_000);
  assert.equal(play.house.hub.memberCount, 1);
  play.house.clock.advance(1_000);
  assert.equal(play.house.hub.memberCount, 0);
});

test('a page in a browser cannot speak in the rooms', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  const browser = await play.enter();
  await browser.write('POST / HTTP/1.1\r\nHost: 127.0.0.1:7000\r\n\r\n{"type":"say","body":"spam"}\nspam\n');
  assert.deepEqual(await browser.rest(), ['* Bye: this door speaks lines, not HTTP']);
  await anna.write('/ping\n');
  assert.equal(await anna.line(), '* pong');
});

test('closing does not wait for who was told and does not hang up', async (t) => {
  const play = await stage(t);
  const anna = await person(play, 'anna');
  const closing = play.door.close(new AbortController().signal);
  await anna.until(/closing/);
  play.house.clock.advance(999);
  await turn();
  assert.equal(play.door.clients, 1);
  play.house.clock.advance(1);
  await turn();
  assert.equal(play.door.clients, 0);
  assert.equal(await closing, 0);
});
