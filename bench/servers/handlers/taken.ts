/** Writes down, in memory that is shared, how long ago its connection was accepted; then sends a byte. */
import { channel } from 'node:diagnostics_channel';
import type { HalfCloseable } from '../../../src/core/index.ts';
import type { Context } from '../../../src/server/index.ts';

let acceptedAt = 0n;
channel('modnet:server:taken').subscribe((taken) => {
  acceptedAt = (taken as { at: bigint }).at;
});

export default async function tell(connection: HalfCloseable, { shared }: Context): Promise<void> {
  const now = process.hrtime.bigint();
  const waits = new Float64Array(shared as SharedArrayBuffer);
  waits[0] = Number(now - acceptedAt);
  await connection.write(Uint8Array.of(1));
  await connection.read();
}
