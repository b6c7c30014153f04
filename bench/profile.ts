/** Where a server spent its time: the functions with the most self time of a V8 profile. */
import { globSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

const TOP = 20;
const ROOT = join(import.meta.dirname, '..');

/** Flags for a Node that is to leave its profile in `folder`, which is emptied. */
export function profileFlags(folder: string): string[] {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

/** A line for each of the functions that took most, over all profiles in `folder`; waiting is left out. */
export function topFunctions(folder: string): string {
  const times = new Map<string, number>();
  for (const file of globSync('*.cpuprofile', { cwd: folder })) addTimes(times, join(folder, file));
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const busiest = [...times].toSorted((a, b) => b[1] - a[1]).slice(0, TOP);
  return busiest
    .map(([name, time]) => `  ${((time / total) * 100).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n');
}

function addTimes(times: Map<string, number>, file: string): void {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node.callFrame)]));
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? '?';
    if (name !== '(idle)') times.set(name, (times.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
}

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === '' ? '(anonymous)' : functionName;
  if (url === '') return name;
  const place = url.startsWith('file:') ? relative(ROOT, new URL(url).pathname) : url;
  return `${name}  ${place}:${lineNumber + 1}`;
}
