/**
 * Writes the secrets of connections down for Wireshark, in the format of NSS (SSLKEYLOGFILE). Whoever reads the file reads all that
 * was said; so it is for the owner only, and never made unless asked for.
 */
import { appendFileSync } from 'node:fs';
import { toNetError } from '../../core/error.ts';

const OWNER_ONLY = 0o600;

/**
 * Appends lines to the file, each at once: a capture is often looked at while it goes on.
 * @throws NetError when it cannot be written
 */
export function keyLogger(path: string): (line: string) => void {
  try {
    appendFileSync(path, '', { mode: OWNER_ONLY });
  } catch (error) {
    throw toNetError(error, `Cannot write the keys to ${path}`);
  }
  return (line) => {
    try {
      appendFileSync(path, `${line}\n`, { mode: OWNER_ONLY });
    } catch {
      // The disk may be full by now; the connection is worth more than its keys.
    }
  };
}
