/** Drops what arrives (RFC 863). */
import type { HalfCloseable } from '../../../core/index.ts';
import type { Context } from '../../../server/index.ts';

export default async function discard(connection: HalfCloseable, { signal }: Context): Promise<void> {
  try {
    while ((await connection.read({ signal })) !== null);
  } catch (thrown) {
    // The server drains.
    if (thrown !== signal.reason) throw thrown;
  }
}
