/**
 * Programs of others that the interop tests talk to. A test whose peer is not installed is skipped with the reason;
 * with MODNET_REQUIRE_PEERS=1 it fails. `tools/peers` installs them on Debian and Ubuntu.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Peer {
  /** Where the program lies; its bare name when it is missing. */
  readonly path: string;
  /** For the options of a test: why it cannot run, or `false`. */
  readonly skip: string | false;
}

/**
 * Finds a program. Use it as
 *
 *     const socat = peer('socat');
 *     test('…', { skip: socat.skip }, () => spawn(socat.path, …));
 *
 * @param names the program, or its names in the order of preference (`nc.openbsd`, `nc`)
 * @throws Error when it is missing and MODNET_REQUIRE_PEERS=1
 */
export function peer(...names: [string, ...string[]]): Peer {
  for (const name of names) {
    const path = find(name);
    if (path !== null) return { path, skip: false };
  }
  const reason = `${names.join(' or ')} is not installed; tools/peers installs it`;
  if (process.env.MODNET_REQUIRE_PEERS === '1') throw new Error(reason);
  return { path: names[0], skip: reason };
}

/** Servers such as haproxy lie in sbin, which is not on everybody's path. */
function find(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
