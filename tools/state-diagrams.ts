/**
 * Draws the state tables of the protocols into the documents: a Mermaid diagram for each, between two markers
 *
 *     <!-- states: NAME -->
 *     <!-- /states -->
 *
 * Prints which diagrams differ from their tables and fails; with `--fix` it rewrites the documents.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { STATE_TABLES } from '../src/protocol/http1/index.ts';
import { TRANSITIONS } from '../src/protocol/websocket/index.ts';
import { ROOT } from './sources.ts';

/** From each state, where each event leads. */
export type Table = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

export interface Diagram {
  /** As in the marker. */
  readonly name: string;
  /** From the root of the repository. */
  readonly document: string;
  readonly table: Table;
  /** The state that it begins in. */
  readonly start: string;
}

const DIAGRAMS: readonly Diagram[] = [
  { name: 'http1 client', document: 'docs/http1.md', table: STATE_TABLES.client as Table, start: 'idle' },
  { name: 'http1 server', document: 'docs/http1.md', table: STATE_TABLES.server as Table, start: 'idle' },
  { name: 'websocket', document: 'docs/websocket.md', table: TRANSITIONS as Table, start: 'open' },
];

/** The table as a Mermaid state diagram. Events that lead the same way share an arrow; states without a way out end. */
export function mermaidOf(table: Table, start: string): string {
  const arrows = new Map<string, string[]>();
  for (const [from, events] of Object.entries(table)) {
    for (const [event, to] of Object.entries(events ?? {})) {
      const arrow = `${idOf(from)} --> ${idOf(to)}`;
      arrows.set(arrow, [...(arrows.get(arrow) ?? []), event]);
    }
  }
  const states = new Set([
    start,
    ...Object.entries(table).flatMap(([from, events]) => [from, ...Object.values(events ?? {})]),
  ]);
  const lines = [
    'stateDiagram-v2',
    ...[...states]
      .filter((state) => idOf(state) !== state)
      .map((state) => `state "${state}" as ${idOf(state)}`),
    `[*] --> ${idOf(start)}`,
    ...[...arrows].map(([arrow, events]) => `${arrow}: ${events.join(', ')}`),
    ...[...states].filter((state) => isLast(table, state)).map((state) => `${idOf(state)} --> [*]`),
  ];
  return `\`\`\`mermaid\n${lines.join('\n  ')}\n\`\`\``;
}

function isLast(table: Table, state: string): boolean {
  return Object.keys(table[state] ?? {}).length === 0;
}

/** Mermaid takes a hyphen for the beginning of an arrow. */
function idOf(state: string): string {
  return state.replaceAll('-', '_');
}

/**
 * The document with what stands between the markers replaced.
 * @throws Error when a marker is missing
 */
export function replaceBetween(document: string, begin: string, end: string, content: string): string {
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`The markers ${begin} and ${end} are not there`);
  return `${document.slice(0, from + begin.length)}\n${content}\n${document.slice(to)}`;
}

/** The document as it should be. */
export function drawn(document: string, diagrams: readonly Diagram[]): string {
  return diagrams.reduce(
    (text, { name, table, start }) =>
      replaceBetween(text, `<!-- states: ${name} -->`, '<!-- /states -->', mermaidOf(table, start)),
    document,
  );
}

/** Documents whose diagrams differ from the tables; `fix` rewrites them. */
export function staleDocuments(fix: boolean, root: string = ROOT): string[] {
  const documents = [...new Set(DIAGRAMS.map(({ document }) => document))];
  return documents.filter((document) => {
    const text = readFileSync(`${root}/${document}`, 'utf8');
    const right = drawn(
      text,
      DIAGRAMS.filter((diagram) => diagram.document === document),
    );
    if (fix && right !== text) writeFileSync(`${root}/${document}`, right);
    return right !== text;
  });
}

function main(fix: boolean): void {
  const stale = staleDocuments(fix);
  for (const document of stale)
    console.error(`${document}: ${fix ? 'drawn anew' : 'its state diagrams are stale'}`);
  if (stale.length > 0 && !fix) {
    console.error('`node tools/state-diagrams.ts --fix` draws them.');
    process.exit(1);
  }
}

if (import.meta.main) main(process.argv.includes('--fix'));
