/** The peers that several benchmarks share: how each server is started. */
import { join } from 'node:path';
import type { Launch, Peer } from './benchmark.ts';
import { compiled, find } from './programs.ts';

const SERVERS = join(import.meta.dirname, 'servers');

/** A server in `bench/servers/` on this Node. */
export function nodePeer(name: string, script: string, ...args: string[]): Peer {
  return {
    name,
    launch: (target) => ({
      argv: [process.execPath, '--expose-gc', join(SERVERS, script), ...args, ...given(target)],
    }),
  };
}

/** The same, left on all cores. */
export function spreadPeer(name: string, script: string, ...args: string[]): Peer {
  const launch = (): Launch => ({
    argv: [process.execPath, join(SERVERS, script), ...args],
    everywhere: true,
  });
  return { name, launch };
}

/** A server in `bench/servers/` on Bun. */
export function bunPeer(script: string, ...args: string[]): Peer {
  return { name: 'Bun', launch: () => program('bun', (bun) => [bun, join(SERVERS, script), ...args]) };
}

/** A mode of `peers/epoll-server.c`. */
export function epollPeer(mode: string): Peer {
  const launch = (): Launch => {
    const path = compiled('epoll-server');
    return path === null ? { missing: 'not installed: no C compiler' } : { argv: [path, mode] };
  };
  return { name: 'C', launch };
}

export function program(name: string, argv: (path: string) => readonly string[], port?: number): Launch {
  const path = find(name);
  if (path === null) return { missing: 'not installed' };
  return port === undefined ? { argv: argv(path) } : { argv: argv(path), port };
}

function given(target: number | undefined): string[] {
  return target === undefined ? [] : [String(target)];
}
