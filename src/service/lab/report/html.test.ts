import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Part } from '../finding.ts';
import { renderHtml } from './html.ts';
import { finding, reportOf } from './test-finding.ts';

/** Elements that have no end (HTML Living Standard, 13.1.2). */
const VOID = ['meta', 'br', 'hr', 'img', 'input', 'link'];

/** Without the inside of scripts and styles, where `<` means something else. */
function markupOf(page: string): string {
  return page.replace(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/g, '$1</$2>');
}

function unbalanced(page: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = ''] of markupOf(page).matchAll(
    /<(\/?)([a-z][a-z0-9]*)\b(?:"[^"]*"|[^>"])*>/g,
  )) {
    if (slash === '') open.push(...(VOID.includes(name) ? [] : [name]));
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

test('the page is well formed', () => {
  for (const findings of [[finding], [finding, finding]]) {
    const page = renderHtml(reportOf(...findings));
    assert.ok(page.startsWith('<!doctype html>'));
    assert.deepEqual(unbalanced(page), []);
    assert.ok(!/\{\{\w+\}\}/.test(page), 'a place was left unfilled');
  }
});

test('the page loads nothing: no address, no source, and a policy that forbids it', () => {
  const page = renderHtml(reportOf(finding));
  assert.deepEqual(markupOf(page).match(/\b(?:src|href)=(?!"#)|https?:|<link|<iframe/g), null);
  assert.deepEqual(page.match(/url\(|@import|\bfetch\(|XMLHttpRequest|import\(/g), null);
  assert.match(page, /Content-Security-Policy" content="default-src 'none'/);
});

test('the page says what was asked, how it was measured, on which machine and when', () => {
  const page = renderHtml(reportOf(finding));
  for (const part of [
    '<h1>A sample</h1>',
    'What does a report look like?',
    '<li>Nothing ran.</li>',
    'A processor',
    'Linux 6.0',
    'v26.0.0',
    '8 GiB',
    '2 January 2026',
    '>500 ms<',
    'It waits for nobody.',
    'not measured',
    '<td class="number">2</td>',
    'The second.',
  ]) {
    assert.ok(page.includes(part), part);
  }
});

test('each chart has its figures in a table that can be opened', () => {
  const page = renderHtml(reportOf(finding, finding));
  assert.equal(page.match(/data-chart="/g)?.length, 2);
  assert.equal(page.match(/<details><summary>/g)?.length, 2);
  const { charts } = JSON.parse(/id="charts">([\s\S]*?)<\/script>/.exec(page)![1]!);
  assert.deepEqual(charts, [finding.parts[0], finding.parts[0]]);
});

test('a page without charts carries no script', () => {
  const page = renderHtml(reportOf({ ...finding, parts: [finding.parts[3]!] }));
  assert.ok(!page.includes('<script'), 'a script');
});

test('several findings are listed, and each link leads to one', () => {
  const page = renderHtml(reportOf(finding, { ...finding, title: 'Another' }));
  const links = [...page.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id!);
  assert.equal(links.length, 2);
  for (const id of links) assert.ok(page.includes(`<article id="${id}"`), id);
});

test('text cannot become markup, nor JSON end its script', () => {
  const evil = `</script><script>alert(1)</script><img src=x onerror="alert(1)"> & ' " <!-- $& \u2028`;
  const scale = 'linear' as const;
  const parts: Part[] = [
    { kind: 'table', title: evil, columns: [{ name: evil }], rows: [[evil]], note: evil },
    { kind: 'bars', title: evil, label: evil, unit: '', bars: [{ name: evil, value: 1, note: evil }] },
    {
      kind: 'lines',
      title: evil,
      x: { label: evil, unit: '', scale },
      y: { label: evil, unit: '', scale },
      series: [{ name: evil, points: [[1, 1]] }],
    },
    { kind: 'words', title: evil, paragraphs: [evil] },
  ];
  const hostile: Finding = { name: evil, title: evil, question: evil, method: [evil], parts };
  const report = reportOf(hostile, hostile);
  const page = renderHtml({ ...report, machine: { ...report.machine, cpu: evil } });
  assert.deepEqual(unbalanced(page), []);
  assert.equal(page.match(/<script\b/g)?.length, 3);
  assert.equal(page.match(/<\/script>/g)?.length, 3);
  assert.ok(!page.includes('<img'));
  const { charts } = JSON.parse(/id="charts">([\s\S]*?)<\/script>/.exec(page)![1]!);
  assert.equal(charts[0].title, evil);
});
