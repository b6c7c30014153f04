/**
 * Programs of others that the interop tests talk to. A test whose peer is not installed is skipped with the reason;
 * with MODNET_REQUIRE_PEERS=1 it fails. `tools/peers` installs them on Debian and Ubuntu.
 */
import { findProgram } from '../../tools/find-program.ts';

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
    const path = findProgram(name);
    if (path !== null) return { path, skip: false };
  }
  const reason = `${names.join(' or ')} is not installed; tools/peers installs it`;
  if (process.env.MODNET_REQUIRE_PEERS === '1') throw new Error(reason);
  return { path: names[0], skip: reason };
}
