/** The parts of a finding as HTML. Charts are left to the page's script, which gets their data beside. */
import type { Bars, Lines, Part, Table } from '../finding.ts';
import { escapeHtml } from './escape.ts';
import { type Grid, gridOfLines, gridOfTable } from './grid.ts';
import { formatValue } from './units.ts';

/** The charts of the page, in the order of their places in it. */
export type Charts = Lines[];

/** @param level of its heading */
export function renderPart(part: Part, level: number, charts: Charts): string {
  const heading = `<h${level} class="heading">${escapeHtml(part.title)}</h${level}>`;
  return `<section class="part">${heading}${contentOf(part, charts)}</section>`;
}

function contentOf(part: Part, charts: Charts): string {
  if (part.kind === 'table') return tableOf(gridOfTable(part), part.title) + noteOf(part);
  if (part.kind === 'bars') return barsOf(part) + noteOf(part);
  if (part.kind === 'lines') return chartOf(part, charts) + noteOf(part);
  return part.paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('');
}

function noteOf({ note }: Table | Bars | Lines): string {
  return note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`;
}

function tableOf({ head, rows, numeric }: Grid, title: string): string {
  const cell = (tag: string, text: string, index: number): string =>
    `<${tag}${numeric[index] ? ' class="number"' : ''}>${escapeHtml(text)}</${tag.split(' ')[0]}>`;
  const titles = head.map((text, index) => cell('th scope="col"', text, index)).join('');
  const body = rows.map((row) => `<tr>${row.map((text, index) => cell('td', text, index)).join('')}</tr>`);
  const scrolls = `class="scrolls" role="region" aria-label="${escapeHtml(title)}" tabindex="0"`;
  return `<div ${scrolls}><table><thead><tr>${titles}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

/** The bars are a table that is drawn: names and values are read aloud, the bars themselves are not. */
function barsOf({ bars, label, unit }: Bars): string {
  const largest = Math.max(0, ...bars.map(({ value }) => value ?? 0));
  const rows = bars.map(({ name, value, note }) => {
    const share = largest > 0 ? Math.max(0, value ?? 0) / largest : 0;
    const why = note === undefined ? '' : `<p class="why">${escapeHtml(note)}</p>`;
    const shown =
      value === null ? '<span class="missing">not measured</span>' : escapeHtml(formatValue(value, unit));
    const bar =
      value === null
        ? ''
        : `<span class="bar" aria-hidden="true" style="--share:${share.toFixed(4)}"></span>`;
    return `<tr><th scope="row">${escapeHtml(name)}</th><td class="value">${bar}<span>${shown}</span></td><td class="because">${why}</td></tr>`;
  });
  const head = `<tr><th scope="col">What</th><th scope="col">${escapeHtml(label)}</th><th scope="col">Why</th></tr>`;
  return `<p class="label">${escapeHtml(label)}</p><table class="bars"><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>`;
}

function chartOf(lines: Lines, charts: Charts): string {
  const index = charts.push(lines) - 1;
  const what = `${lines.title}: ${lines.y.label} over ${lines.x.label}. The figures are in the table below.`;
  return `<figure><div class="chart" data-chart="${index}" role="img" aria-label="${escapeHtml(what)}">
<noscript><p class="note">The chart is drawn by a script, which does not run here; its figures are in the table.</p></noscript></div>
<details><summary>The figures</summary>${tableOf(gridOfLines(lines), lines.title)}</details></figure>`;
}
