/**
 * Sends the corpus of HTTP/1.1 to nginx, HAProxy and node:http, and writes who takes what into docs/http1.md:
 *
 *     node -C modnet-source test/interop/http1-strictness.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { RequestParser } from '../../src/protocol/http1/index.ts';
import { type Case, CORPUS } from '../../src/protocol/http1/test-corpus.ts';
import { readAll } from '../../src/protocol/http1/test-reading.ts';
import { ROOT } from '../../tools/sources.ts';
import { replaceBetween } from '../../tools/state-diagrams.ts';
import { NAMES, type Name, Servers } from './http1-strictness-servers.ts';

const DOCUMENT = `${ROOT}/docs/http1.md`;
const BEGIN = '<!-- strictness -->';
const END = '<!-- /strictness -->';

/** Answers to each case, in the order of the corpus. */
export type Answers = readonly string[];

/** What we answer: 200 for each request that is complete, then the status of the fault, or `closed`. */
export function ourAnswer(text: string): string {
  const { events, status } = readAll(new RequestParser(), [Buffer.from(text, 'latin1')], true);
  const ends = events.filter((event) => (event as { type?: string }).type === 'end');
  const answers = [...ends.map(() => '200'), ...(status === undefined ? [] : [`${status}`])];
  return answers.join(' ') || 'closed';
}

export async function answersOf(servers: Servers, name: Name): Promise<Answers> {
  const answers: string[] = [];
  for (const { text } of CORPUS) answers.push(await servers.answer(name, text));
  return answers;
}

/** Whether a server took all that was sent. */
export function isTaken(answer: string): boolean {
  return /^200( 200)*$/.test(answer);
}

/** Cases that we take although another refuses them. */
export function laxerThan(answers: Answers): Case[] {
  return CORPUS.filter(({ text }, index) => isTaken(ourAnswer(text)) && !isTaken(answers[index]!));
}

/** The table for the document, a part for each group. */
export function tableOf(all: Readonly<Record<Name, Answers>>): string {
  const rows = CORPUS.map((entry, index) => {
    const theirs = NAMES.map((name) => all[name][index]!);
    const ours = ourAnswer(entry.text);
    const isLaxer = isTaken(ours) && !theirs.every(isTaken);
    return { group: entry.group, cells: [entry.name, ours, ...theirs, isLaxer ? (entry.reason ?? '') : ''] };
  });
  const groups = [...new Set(CORPUS.map(({ group }) => group))];
  return groups
    .map((group) => {
      const head = [group, 'modnet', ...NAMES, 'why it is taken here'];
      const own = rows.filter((row) => row.group === group).map((row) => row.cells);
      return [head, head.map(() => '---'), ...own]
        .map((cells) => `| ${cells.map(escaped).join(' | ')} |`)
        .join('\n');
    })
    .join('\n\n');
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('*', '\\*');
}

/** Of each row in the document, the first cell and our answer. */
export function publishedAnswers(): [name: string, ours: string][] {
  const text = readFileSync(DOCUMENT, 'utf8');
  const table = text.slice(text.indexOf(BEGIN), text.indexOf(END));
  const rows = table.split('\n').filter((row) => /^\| (?!---)/.test(row) && !row.includes('| modnet |'));
  return rows.map((row) => {
    const cells = row.split(/ \| |^\| /);
    return [cells[1]!.replaceAll('\\', ''), cells[2]!];
  });
}

async function main(): Promise<void> {
  await using servers = new Servers();
  const all: Partial<Record<Name, Answers>> = {};
  for (const name of NAMES) {
    await servers.start(name);
    all[name] = await answersOf(servers, name);
  }
  const document = readFileSync(DOCUMENT, 'utf8');
  const table = tableOf(all as Record<Name, Answers>);
  writeFileSync(DOCUMENT, replaceBetween(document, BEGIN, END, `\n${table}\n`));
}

if (import.meta.main) await main();
