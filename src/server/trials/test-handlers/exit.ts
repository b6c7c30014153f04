/** Ends its worker once something has come. */
import type { HalfCloseable } from '../../../core/index.ts';

export default async function exit(connection: HalfCloseable): Promise<void> {
  await connection.read();
  process.exit(3);
}
