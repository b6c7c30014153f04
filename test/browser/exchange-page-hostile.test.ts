/** The exchange's page against text that would be markup, and servers and networks that misbehave. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { bodies, chromium, closeBrowser, enter, reads, stage, until, visit, write } from './browser.ts';
import * as inPage from './in-page.js';
import { mocked } from './mocked.ts';

const options = { skip: chromium.skip, timeout: 60_000 };

after(closeBrowser);

test(
  'what others write stays text, also against a server that lets everything through',
  options,
  async (t) => {
    const { url } = await stage(t);
    const page = await enter(t, url, 'carla');
    const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script><b>bold</b>';
    await write(page, evil);
    await reads(page, 'bold');
    assert.deepEqual(await bodies(page), [evil]);
    const turned = await mocked(t, url, ({ socket }) => {
      const time = new Date().toISOString();
      const by = { time, door: 'ws' };
      const name = '<i>eve</i>\u202E';
      socket({ type: 'joined', room: 'lobby', member: name, ...by });
      socket({
        type: 'message',
        id: 1,
        room: 'lobby',
        sender: name,
        kind: 'say',
        body: `${evil}\u202Egnp`,
        ...by,
      });
      socket({
        type: 'message',
        id: 2,
        room: 'lobby',
        sender: name,
        kind: 'say',
        body: 'javascript:alert(1) https://ok.test/',
        ...by,
      });
    });
    await reads(turned, 'https://ok.test/');
    assert.deepEqual((await bodies(turned))[0], `${evil}\uFFFDgnp`);
    assert.equal(await turned.locator('#entries .message .name').first().textContent(), '<i>eve</i>\uFFFD');
    assert.deepEqual(await turned.locator('#entries a').allTextContents(), ['https://ok.test/']);
    assert.equal(await turned.locator('#entries a').getAttribute('rel'), 'noopener noreferrer nofollow');
    for (const one of [page, turned]) {
      assert.equal(await one.locator('#entries').locator('img, script, b, i').count(), 0);
      assert.equal(await one.evaluate('window.hacked'), undefined);
    }
  },
);

test(
  'piled marks and names of the other direction leave what stands around them alone',
  options,
  async (t) => {
    const { url } = await stage(t);
    const page = await mocked(t, url, ({ socket }) => {
      const say = { type: 'message', room: 'lobby', door: 'ws', time: new Date().toISOString() };
      socket({ ...say, id: 1, sender: 'eve', kind: 'say', body: `Z${'\u0301\u0316'.repeat(400)}` });
      socket({ ...say, id: 2, sender: '\u05d3\u05d5\u05d3', kind: 'me', body: '1 (yes) 2' });
    });
    await reads(page, '1 (yes) 2');
    const rows = page.locator('#entries .row');
    assert.equal((await rows.first().evaluate(inPage.flowOf)).overflowY, 'clip');
    assert.equal((await rows.nth(1).locator('.body').evaluate(inPage.flowOf)).direction, 'ltr');
  },
);

test('the browser itself would refuse markup, foreign scripts and foreign servers', options, async (t) => {
  const { url } = await stage(t);
  const page = await visit(t, url, { expected: /Content Security Policy|Trusted/ });
  assert.deepEqual(await page.evaluate(inPage.tryForbidden), {
    markup: 'TypeError',
    script: 'TypeError',
    style: 'style-src-attr',
    fetch: 'connect-src',
    image: 'img-src',
  });
});

test(
  'a message of which nobody knows whether it arrived is looked for, and not said twice',
  options,
  async (t) => {
    const { url } = await stage(t);
    const said: string[] = [];
    let connections = 0;
    const page = await mocked(t, url, ({ socket, on, close }) => {
      const connection = ++connections;
      on('say', ({ id, body }) => {
        said.push(body);
        // The first time it is kept, and the way is lost before that is said.
        if (connection === 1) return close();
        socket({ type: 'ok', id, request: 'say', room: 'lobby', message: 8 });
        message(8, body);
      });
      const message = (id: number, body: string): void =>
        socket({
          type: 'message',
          id,
          room: 'lobby',
          sender: 'carla',
          time: '2026-01-01T00:00:00.000Z',
          kind: 'say',
          body,
          door: 'ws',
        });
      on('history', ({ id }) => {
        const kept = {
          type: 'message',
          id: 7,
          room: 'lobby',
          sender: 'carla',
          time: '2026-01-01T00:00:00.000Z',
          kind: 'say',
          body: 'first',
          door: 'ws',
        };
        socket({
          type: 'history',
          id,
          room: 'lobby',
          messages: connection === 1 ? [] : [kept],
          before: null,
        });
      });
    });
    await write(page, 'first');
    await write(page, 'second');
    await reads(page, 'second');
    assert.deepEqual(said, ['first', 'second']);
    assert.deepEqual(await bodies(page), ['first', 'second']);
    await until(page, inPage.hasNoDrafts, null);
  },
);
