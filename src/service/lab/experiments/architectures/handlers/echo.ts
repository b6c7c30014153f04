/** Sends back what arrives. */
import type { HalfCloseable } from '../../../../../core/index.ts';

export default async function echo(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) await connection.write(chunk);
}
