/** The exchange's page in a real browser, with people on other doors. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { peer } from '../interop/peers.ts';
import {
  bodies,
  chromium,
  closeBrowser,
  connected,
  enter,
  person,
  reads,
  stage,
  until,
  visit,
  write,
} from './browser.ts';
import * as inPage from './in-page.js';
import { mocked } from './mocked.ts';

const nc = peer('nc.openbsd', 'nc');
const options = { skip: chromium.skip || nc.skip, timeout: 60_000 };

/** Entries that the page keeps of one conversation, as conversation.js has it. */
const WINDOW = 400;

after(closeBrowser);

test('two pages, nc and UDP talk in one room, and see how each came', options, async (t) => {
  const { url, tcp, udp } = await stage(t);
  const [carla, david] = await Promise.all([enter(t, url, 'carla'), enter(t, url, 'david')]);
  const anna = person(t, nc.path, '127.0.0.1', `${tcp}`);
  anna.type('/nick anna');
  const sensor = person(t, nc.path, '-u', '127.0.0.1', `${udp}`);
  sensor.type('/nick sensor');
  await carla.locator('#member-list .member', { hasText: 'sensor' }).waitFor();
  anna.type('hello from nc');
  sensor.type('hello from UDP');
  await write(carla, 'hello from a page');
  for (const page of [carla, david])
    for (const words of ['hello from nc', 'hello from UDP', 'hello from a page']) await reads(page, words);
  await anna.reads(/<carla> hello from a page/);
  await sensor.reads(/<carla> hello from a page/);
  for (const [name, door] of [
    ['anna', 'tcp'],
    ['sensor', 'udp'],
    ['david', 'ws'],
  ] as const)
    assert.equal(await carla.locator('.member', { hasText: name }).locator('.door').textContent(), door);
  assert.equal(await carla.locator('#member-count').textContent(), '4');
  assert.match((await carla.locator('.member', { hasText: 'carla' }).textContent())!, /\(you\)/);
});

test(
  'after a restart the page comes back by itself: nothing is missing, nothing is there twice',
  options,
  async (t) => {
    const place = await stage(t, { limits: { rate: 1_000, burst: 1_000 } });
    const page = await enter(t, place.url, 'carla');
    const anna = person(t, nc.path, '127.0.0.1', `${place.tcp}`);
    anna.type('/nick anna');
    anna.type('before');
    await reads(page, 'before');
    await place.restart(async () => {
      await page.locator('#banner').waitFor();
      await write(page, 'written while away');
      await page.locator('#drafts .draft', { hasText: 'Not sent yet' }).waitFor();
    });
    const bob = person(t, nc.path, '127.0.0.1', `${place.tcp}`);
    bob.type('/nick bob');
    for (let index = 1; index <= 70; index++) bob.type(`meanwhile ${index}`);
    await reads(page, 'written while away');
    await reads(page, 'meanwhile 70');
    await until(page, inPage.hasNoDrafts, null);
    const all = await bodies(page);
    const expected = [
      'before',
      'written while away',
      ...Array.from({ length: 70 }, (_, index) => `meanwhile ${index + 1}`),
    ];
    assert.deepEqual(all.toSorted(), expected.toSorted());
    assert.equal(await page.locator('#banner').isHidden(), true);
    // Not at the end and not by chance: twice more, with something said between.
    await place.restart();
    const carl = person(t, nc.path, '127.0.0.1', `${place.tcp}`);
    carl.type('/nick carl');
    carl.type('after the second');
    await reads(page, 'after the second');
    assert.equal((await bodies(page)).length, all.length + 1);
  },
);

test('history is fetched by scrolling up, in order, and the page keeps only so much', options, async (t) => {
  const { url, tcp } = await stage(t, {
    limits: { rate: 100_000, burst: 100_000, addressRate: 100_000, addressBurst: 100_000 },
  });
  const [anna, bob] = [person(t, nc.path, '127.0.0.1', `${tcp}`), person(t, nc.path, '127.0.0.1', `${tcp}`)];
  bob.type('/nick bob');
  await bob.reads(/You are bob/);
  anna.type('/nick anna');
  const count = 620;
  for (let index = 1; index <= count; index++) anna.type(`line ${index}`);
  await bob.reads(new RegExp(`<anna> line ${count}$`));
  const page = await enter(t, url, 'carla');
  await reads(page, `line ${count}`);
  assert.ok((await bodies(page)).length < 200);
  while (!(await bodies(page)).includes('line 1')) {
    const first = (await bodies(page))[0];
    await page.locator('#log').evaluate((log) => log.scrollTo(0, 0));
    await until(page, inPage.beginsOtherwise, first ?? '');
    const shown = await bodies(page);
    assert.ok(shown.length <= WINDOW, `${shown.length} entries`);
    assert.deepEqual(
      shown,
      Array.from(shown, (_, index) => `line ${Number(shown[0]!.slice(5)) + index}`),
    );
  }
  assert.match((await page.locator('#log-top').textContent())!, /where #lobby begins/);
  assert.equal((await bodies(page)).includes(`line ${count}`), false);
  // What is said now is not lost from sight: the way back is shown, and leads to it.
  anna.type('now');
  await page.locator('#jump', { hasText: '1 new' }).click();
  await reads(page, 'now');
  assert.equal(new Set(await bodies(page)).size, (await bodies(page)).length);
  await until(page, inPage.hasNothingUnread, null);
});

test('what is unread is counted, in the list and in the title, until it is looked at', options, async (t) => {
  const { url, tcp } = await stage(t);
  const page = await enter(t, url, 'carla');
  await write(page, '/join dev');
  await until(page, inPage.isTitled, '#dev · modnet');
  const anna = person(t, nc.path, '127.0.0.1', `${tcp}`);
  anna.type('/nick anna');
  for (const line of ['one', 'two', '/msg carla three']) anna.type(line);
  await until(page, inPage.isTitled, '(3) #dev · modnet');
  assert.equal(await page.locator('[data-key="#lobby"] .badge').textContent(), '2');
  assert.equal(await page.locator('[data-key="@anna"] .badge').textContent(), '1');
  assert.match((await page.locator('[data-key="#lobby"]').textContent())!, /, 2 unread/);
  await page.click('[data-key="#lobby"]');
  await until(page, inPage.isTitled, '(1) #lobby · modnet');
  assert.equal(
    await page
      .locator('#entries .row', { has: page.locator('.unread-line') })
      .locator('.body')
      .textContent(),
    'one',
  );
  await page.click('[data-key="@anna"]');
  await until(page, inPage.isTitled, '@anna · modnet');
  await write(page, 'and back');
  await anna.reads(/\[carla -> anna\] and back/);
  await reads(page, 'and back');
  assert.deepEqual(await bodies(page), ['three', 'and back']);
});

test('what is not done is said in words', options, async (t) => {
  const { url, tcp } = await stage(t);
  const anna = person(t, nc.path, '127.0.0.1', `${tcp}`);
  anna.type('/nick anna');
  await anna.reads(/You are now anna|You are anna/);
  const page = await visit(t, url);
  await page.fill('#name-input', 'anna');
  await page.press('#name-input', 'Enter');
  await page.locator('#name-words', { hasText: 'The name anna is taken' }).waitFor();
  await page.fill('#name-input', 'has space');
  await page.press('#name-input', 'Enter');
  await page.locator('#name-words', { hasText: 'white space' }).waitFor();
  await page.fill('#name-input', 'carla');
  await page.press('#name-input', 'Enter');
  await connected(page);
  await write(page, '/nonsense');
  await page.locator('#composer-words', { hasText: 'There is no command /nonsense' }).waitFor();
  await page.fill('#composer-text', 'é'.repeat(2_040));
  assert.equal(await page.locator('#composer-counter').textContent(), '16 bytes left');
  await page.fill('#composer-text', 'é'.repeat(2_050));
  assert.equal(await page.locator('#composer-counter').textContent(), '4 bytes too long');
  await page.press('#composer-text', 'Enter');
  await page.locator('#composer-words', { hasText: 'shorten it by 4 bytes' }).waitFor();
  await write(page, '/join a/b');
  await page.locator('#notices .notice', { hasText: 'The room name contains' }).waitFor();
  await write(page, '/msg nobody are you there?');
  await page.locator('#drafts .failed', { hasText: 'Nobody here has that name' }).waitFor();
  await page.getByRole('button', { name: 'Discard' }).click();
  assert.equal(await page.locator('#drafts .draft').count(), 0);
});

test('who writes faster than the exchange takes it loses nothing', options, async (t) => {
  const { url } = await stage(t, { limits: { rate: 5, burst: 8 } });
  const page = await enter(t, url, 'carla');
  for (let index = 1; index <= 12; index++) await write(page, `fast ${index}`);
  await page.locator('#drafts .draft', { hasText: 'Too fast for the exchange' }).waitFor();
  await reads(page, 'fast 12');
  assert.deepEqual(
    await bodies(page),
    Array.from({ length: 12 }, (_, index) => `fast ${index + 1}`),
  );
});

test('where a token is needed the page asks for it, and keeps it for the tab', options, async (t) => {
  const { url, exchange } = await stage(t, { token: 'correct-horse' });
  assert.equal(exchange.token, 'correct-horse');
  const page = await visit(t, url);
  await page.fill('#name-input', 'carla');
  await page.press('#name-input', 'Enter');
  await page.locator('#token-dialog[open]').waitFor();
  await page.fill('#token-input', 'wrong-horse');
  await page.press('#token-input', 'Enter');
  await page.locator('#token-words', { hasText: /token/i }).waitFor();
  await page.fill('#token-input', 'correct-horse');
  await page.press('#token-input', 'Enter');
  await connected(page);
  await write(page, 'inside');
  await page.reload();
  await reads(page, 'inside');
  const linked = await visit(t, `${url}?token=correct-horse#/dev`);
  await linked.fill('#name-input', 'david');
  await linked.press('#name-input', 'Enter');
  await until(linked, inPage.isTitled, '#dev · modnet');
  assert.equal(linked.url().includes('correct-horse'), false);
});

test('who leaves the last room, or the exchange, can come back', options, async (t) => {
  const { url } = await stage(t);
  const page = await enter(t, url, 'carla');
  await write(page, '/join dev');
  await until(page, inPage.isTitled, '#dev · modnet');
  await page.reload();
  await until(page, inPage.isTitled, '#dev · modnet');
  assert.deepEqual(await page.locator('#room-list .label').allTextContents(), ['lobby', 'dev']);
  await write(page, '/leave lobby');
  await page.locator('[data-key="#lobby"]').waitFor({ state: 'detached' });
  await page.click('#leave');
  await page.locator('#log-top', { hasText: 'You are in no room' }).waitFor();
  await write(page, 'hello?');
  await page.locator('#composer-words', { hasText: 'join one first' }).waitFor();
  await write(page, '/quit');
  await page.locator('#banner', { hasText: 'You have left' }).waitFor();
  await page.click('#banner-button');
  await until(page, inPage.isTitled, '#lobby · modnet');
  await write(page, 'here again');
  await reads(page, 'here again');
});

test('events that the exchange had to drop are fetched', options, async (t) => {
  const { url } = await stage(t);
  const kept = Array.from({ length: 130 }, (_, index) => ({
    type: 'message',
    id: index + 1,
    room: 'lobby',
    sender: 'anna',
    time: '2026-01-01T00:00:00.000Z',
    kind: 'say',
    body: `line ${index + 1}`,
    door: 'tcp',
  }));
  let known = 1;
  const page = await mocked(t, url, ({ socket, on }) => {
    on('history', ({ id, before = known + 1, limit }) => {
      const older = kept.filter((message) => message.id < before);
      const messages = older.slice(-limit);
      socket({
        type: 'history',
        id,
        room: 'lobby',
        messages,
        before: older.length > limit ? messages[0]!.id : null,
      });
    });
    on('msg', ({ id }) => {
      known = 130;
      socket({ type: 'ok', id, request: 'msg' });
      socket({ type: 'missed', count: 129 });
    });
  });
  await reads(page, 'line 1');
  await write(page, '/msg anna go');
  await page.click('[data-key="#lobby"]');
  await reads(page, 'line 130');
  assert.deepEqual(
    await bodies(page),
    kept.map(({ body }) => body),
  );
});
