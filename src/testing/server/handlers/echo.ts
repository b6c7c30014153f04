/** Gives back what it gets, until the peer ends its half; on the pull level. */
import type { HalfCloseable } from '../../../core/contract.ts';

export default async function echo(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) await connection.write(chunk);
}
