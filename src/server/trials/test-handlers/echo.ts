/** Gives back what it gets, until the peer ends its half. */
import type { HalfCloseable } from '../../../core/index.ts';

export default async function echo(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) await connection.write(chunk);
  await connection.end();
}
