/** Writes down, in memory that is shared, how long ago its connection was accepted; then sends back what comes. */
import { channel } from 'node:diagnostics_channel';
import type { HalfCloseable } from '../../../src/core/index.ts';
import type { Context } from '../../../src/server/index.ts';
import { Waits } from '../waits.ts';

let acceptedAt = 0n;
channel('modnet:server:taken').subscribe((taken) => {
  acceptedAt = (taken as { at: bigint }).at;
});

export default async function tell(connection: HalfCloseable, { shared }: Context): Promise<void> {
  const now = process.hrtime.bigint();
  new Waits(shared as SharedArrayBuffer).add(Number(now - acceptedAt));
  for await (const chunk of connection) await connection.write(chunk);
}
