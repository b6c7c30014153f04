/** A report as one page that needs nothing else: no network, no file beside it. What it looks like is in `page.html` and `page.css`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Finding } from '../finding.ts';
import type { Machine } from '../machine.ts';
import { escapeHtml, jsonForScript } from './escape.ts';
import { type Charts, renderPart } from './html-parts.ts';
import type { Report } from './report.ts';
import { formatValue, SCALES } from './units.ts';

interface Place {
  readonly index: number;
  /** Of the headings of its parts. */
  readonly level: number;
  readonly charts: Charts;
}

/** The whole page. */
export function renderHtml(report: Report): string {
  const charts: Charts = [];
  // A single finding gives the page its title, so its parts stand one level higher.
  const level = report.findings.length === 1 ? 2 : 3;
  const findings = report.findings.map((finding, index) => findingOf(finding, { index, level, charts }));
  return fill(asset('page.html'), {
    title: escapeHtml(titleOf(report.findings)),
    heading: escapeHtml(headingOf(report.findings)),
    styles: `<style>${charts.length === 0 ? '' : library('uPlot.min.css')}\n${asset('page.css')}</style>`,
    facts: factsOf(report),
    contents: contentsOf(report.findings),
    findings: findings.join('\n'),
    machine: machineOf(report.machine),
    charts: charts.length === 0 ? '' : scriptsOf(charts),
  });
}

function titleOf(findings: readonly Finding[]): string {
  return `modnet lab: ${findings.map(({ name }) => name).join(', ')}`;
}

function headingOf(findings: readonly Finding[]): string {
  return findings.length === 1 ? findings[0]!.title : `${findings.length} experiments`;
}

function contentsOf(findings: readonly Finding[]): string {
  if (findings.length < 2) return '';
  const items = findings.map(
    ({ title }, index) => `<li><a href="#experiment-${index + 1}">${escapeHtml(title)}</a></li>`,
  );
  return `<nav aria-label="Experiments"><ol>${items.join('')}</ol></nav>`;
}

function findingOf(finding: Finding, { index, level, charts }: Place): string {
  const { title, question, method, parts } = finding;
  const sentences = method.map((sentence) => `<li>${escapeHtml(sentence)}</li>`);
  const heading = level === 2 ? '' : `<h2 class="title">${escapeHtml(title)}</h2>`;
  return `<article id="experiment-${index + 1}">${heading}
<p class="question">${escapeHtml(question)}</p>
<section class="method"><h${level} class="heading small">How it was measured</h${level}><ul>${sentences.join('')}</ul></section>
${parts.map((part) => renderPart(part, level, charts)).join('\n')}
</article>`;
}

function factsOf({ date, machine }: Report): string {
  const shown = new Date(date).toLocaleString('en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  const { cpu, cores, kernel } = machine;
  const where = `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${kernel}`;
  return `<time datetime="${escapeHtml(date)}">${escapeHtml(shown)} UTC</time> on ${escapeHtml(where)}`;
}

function machineOf(machine: Machine): string {
  const rows = [
    ['Processor', machine.cpu],
    ['Cores', String(machine.cores)],
    ['Memory', formatValue(machine.memory, 'bytes')],
    ['Kernel', machine.kernel],
    ['Node', machine.node],
    ['modnet', machine.modnet],
  ] as const;
  return rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${escapeHtml(value)}</dd></div>`).join('');
}

function scriptsOf(charts: Charts): string {
  const data = jsonForScript({ scales: SCALES, charts });
  return `<script type="application/json" id="charts">${data}</script>
<script>${library('uPlot.iife.min.js')}</script>
${asset('charts.html')}`;
}

/** Files that lie beside this one; the build copies them. */
function asset(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8');
}

/** Found as Node finds modules, since the package manager chooses where they lie. */
function library(name: string): string {
  return readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8');
}

/** Replaces `{{name}}` once, by a function: `$&` in what was found means nothing. */
function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
}
