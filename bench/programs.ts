/** Finds the programs that the benchmarks run, and compiles those in C. */
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../tools/find-program.ts';

const BENCH = import.meta.dirname;
export const BUILD = join(BENCH, '.build');

const C_PROGRAMS = {
  load: { sources: 'peers/load/*.c' },
  'tls-load': { sources: 'peers/{load,tls-load}/*.c', flags: ['-DMODNET_TLS', '-lssl', '-lcrypto'] },
  'epoll-server': { sources: 'peers/epoll-server.c' },
} as const satisfies Record<string, { sources: string; flags?: readonly string[] }>;

/** The path of a compiled C program, or `null` without a compiler or a library. Compiled again when a source is newer. */
export function compiled(name: keyof typeof C_PROGRAMS): string | null {
  const compiler = find('cc');
  if (compiler === null) return null;
  const output = join(BUILD, name);
  const program: { sources: string; flags?: readonly string[] } = C_PROGRAMS[name];
  const sources = globSync(program.sources, { cwd: BENCH }).map((source) => join(BENCH, source));
  const headers = globSync('peers/**/*.h', { cwd: BENCH }).map((header) => join(BENCH, header));
  if (isNewer(output, [...sources, ...headers])) return output;
  mkdirSync(BUILD, { recursive: true });
  const result = spawnSync(compiler, ['-O2', '-Wall', '-o', output, ...sources, ...(program.flags ?? [])], {
    encoding: 'utf8',
  });
  if (/openssl\/ssl\.h: No such file|cannot find -lssl/.test(result.stderr)) return null;
  if (result.status !== 0) throw new Error(`Cannot compile ${name}: ${result.stderr}`);
  return output;
}

/** A program on the path, or installed under `bench/.build`; `null` when it is not there. */
export function find(name: string): string | null {
  return findProgram(name, [join(BUILD, 'node_modules/.bin')]);
}

function isNewer(output: string, inputs: readonly string[]): boolean {
  const time = statSync(output, { throwIfNoEntry: false })?.mtimeMs;
  return time !== undefined && inputs.every((input) => statSync(input).mtimeMs < time);
}
