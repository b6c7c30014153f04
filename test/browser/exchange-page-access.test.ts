/** The exchange's page by keyboard, by ear, in both themes and on a phone. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Page } from 'playwright-core';
import { peer } from '../interop/peers.ts';
import {
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

const nc = peer('nc.openbsd', 'nc');
const options = { skip: chromium.skip || nc.skip, timeout: 60_000 };

after(closeBrowser);

test('everything can be done by keyboard', options, async (t) => {
  const { url, tcp } = await stage(t);
  const page = await visit(t, url);
  const { keyboard } = page;
  await keyboard.type('carla');
  await keyboard.press('Enter');
  await until(page, inPage.isTitled, '#lobby · modnet');
  await until(page, inPage.isFocused, 'composer-text');
  await keyboard.type('one');
  await keyboard.press('Shift+Enter');
  await keyboard.type('two');
  await keyboard.press('Enter');
  await reads(page, 'one\ntwo');
  await keyboard.press('Control+k');
  await keyboard.type('dev');
  await page.locator('#switcher [aria-selected=true]', { hasText: '#dev' }).waitFor();
  await keyboard.press('Enter');
  await until(page, inPage.isTitled, '#dev · modnet');
  await keyboard.press('Alt+ArrowUp');
  await until(page, inPage.isTitled, '#lobby · modnet');
  await keyboard.press('Control+/');
  await page.locator('#help-dialog[open]').waitFor();
  await keyboard.press('Escape');
  await until(page, inPage.hasNoDialog, null);
  const anna = person(t, nc.path, '127.0.0.1', `${tcp}`);
  anna.type('/nick anna');
  await page.locator('button.member', { hasText: 'anna' }).waitFor();
  // Round the page by Tab: each stop can be seen, and the member is among them.
  const stops = await tabRound(page);
  assert.ok(stops.includes('Skip to writing'), stops.join());
  assert.ok(
    stops.some((stop) => stop.startsWith('Find or join')),
    stops.join(),
  );
  await page.locator('button.member', { hasText: 'anna' }).focus();
  await keyboard.press('Enter');
  await until(page, inPage.isTitled, '@anna · modnet');
  await keyboard.type('/nick carlotta');
  await keyboard.press('Enter');
  await page.locator('#own-name', { hasText: 'carlotta' }).waitFor();
});

test('a reader by ear hears what is said, and landmarks and labels are there', options, async (t) => {
  const { url, tcp } = await stage(t);
  const page = await enter(t, url, 'carla');
  const anna = person(t, nc.path, '127.0.0.1', `${tcp}`);
  anna.type('/nick anna');
  anna.type('can you hear me?');
  await page.locator('#announcer p', { hasText: 'anna: can you hear me?' }).waitFor({ state: 'attached' });
  const tree = await page.locator('body').ariaSnapshot();
  for (const part of [
    'navigation "Conversations"',
    'main',
    'complementary "Members"',
    'region "Messages in #lobby"',
    'textbox "Write to #lobby"',
    'heading "#lobby" [level=1]',
    'button "Send"',
  ])
    assert.ok(tree.includes(part), `${part} in\n${tree}`);
});

test('on a phone the lists are drawers, and nothing is wider than the screen', options, async (t) => {
  const { url } = await stage(t);
  const page = await enter(t, url, 'carla', { width: 390, height: 844 });
  await write(page, `a word as long as ${'n'.repeat(300)} breaks`);
  await reads(page, 'breaks');
  await until(page, inPage.isNoWiderThan, 390);
  assert.equal(await page.locator('#rooms').isVisible(), false);
  await page.click('#rooms-toggle');
  await page.locator('#rooms [data-key="#lobby"]').waitFor();
  assert.equal(await page.locator('#main').getAttribute('inert'), '');
  await page.keyboard.press('Escape');
  await page.locator('#rooms').waitFor({ state: 'hidden' });
  await page.click('#members-toggle');
  await page.locator('.member', { hasText: 'carla' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('#members').waitFor({ state: 'hidden' });
  const { colours, height } = await picture(page);
  assert.equal(height, 844);
  assert.ok(colours > 50, `${colours} colours`);
});

for (const theme of ['light', 'dark'] as const)
  test(`${theme}: every text reaches the contrast of AA`, options, async (t) => {
    const { url, tcp } = await stage(t);
    const page = await enter(t, url, 'carla', { theme });
    const names = ['anna', 'bob', 'cecil', 'doris', 'emil', 'frida', 'gustav', 'hanna', 'ida', 'jakob'];
    for (const name of names) {
      const one = person(t, nc.path, '127.0.0.1', `${tcp}`);
      one.type(`/nick ${name}`);
      one.type(`carla, see https://example.com/${name}`);
    }
    for (const name of names) await reads(page, `/${name}`);
    const { poor, looked } = await page.evaluate(inPage.poorContrast);
    assert.deepEqual(poor, []);
    assert.ok(looked > 50, `${looked} texts`);
    const other = theme === 'light' ? 'Dark' : 'Light';
    while ((await page.locator('#theme-label').textContent()) !== other) await page.click('#theme');
    assert.deepEqual((await page.evaluate(inPage.poorContrast)).poor, []);
    await page.reload();
    await connected(page);
    assert.equal(await page.locator('html').getAttribute('data-theme'), other.toLowerCase());
  });

/** Presses Tab until it is where it began; every stop must be seen to have the focus. */
async function tabRound(page: Page): Promise<string[]> {
  const stops: string[] = [];
  for (;;) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(inPage.focusStop);
    // Between the last stop and the first lies the browser itself.
    if (stop === null) continue;
    const name = stop.text || stop.id;
    if (stops.includes(name)) return stops;
    assert.ok(stop.isRinged, `${name} has no visible focus`);
    stops.push(name);
  }
}

/** How many colours a screenshot has, counted by the browser itself. */
async function picture(page: Page): Promise<{ colours: number; height: number }> {
  const png = (await page.screenshot()).toString('base64');
  const blank = await page.context().newPage();
  return await blank.evaluate(inPage.measurePicture, png);
}
