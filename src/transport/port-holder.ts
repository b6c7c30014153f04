/** Who holds a port or a path, read from /proc (proc(5)). Linux only, best effort: of other users' processes little shows. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Processes looked at before the search is given up. */
const MAX_PROCESSES = 4096;
/** State of a listening TCP socket in /proc/net/tcp (TCP_LISTEN of net/tcp_states.h). */
const LISTEN = '0A';

/** `nc (pid 123)`, or `undefined` when it cannot be told. */
export function portHolder(protocol: 'tcp' | 'udp', port: number): string | undefined {
  const inodes = [`/proc/net/${protocol}`, `/proc/net/${protocol}6`].flatMap((file) =>
    rows(file)
      .filter((row) => row[1]?.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`))
      .filter((row) => protocol === 'udp' || row[3] === LISTEN)
      .map((row) => row[9]!),
  );
  return holderOf(inodes);
}

/** @param path as the socket was bound; an abstract name with its `@` */
export function pathHolder(path: string): string | undefined {
  const inodes = rows('/proc/net/unix')
    .filter((row) => row.slice(7).join(' ') === path)
    .map((row) => row[6]!);
  return holderOf(inodes);
}

function rows(file: string): string[][] {
  return read(file)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
}

function holderOf(inodes: readonly string[]): string | undefined {
  if (inodes.length === 0) return undefined;
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .slice(0, MAX_PROCESSES)) {
    if (!list(`/proc/${pid}/fd`).some((fd) => wanted.has(link(`/proc/${pid}/fd/${fd}`)))) continue;
    if (Number(pid) === process.pid) return `this process (pid ${pid})`;
    return `${read(`/proc/${pid}/comm`).trim()} (pid ${pid})`;
  }
  return undefined;
}

function list(folder: string): string[] {
  return attempt(() => readdirSync(folder), []);
}

function read(file: string): string {
  return attempt(() => readFileSync(file, 'utf8'), '');
}

function link(file: string): string {
  return attempt(() => readlinkSync(file), '');
}

/** Processes end while we look, and others' are closed to us. */
function attempt<T>(call: () => T, otherwise: T): T {
  try {
    return call();
  } catch {
    return otherwise;
  }
}
