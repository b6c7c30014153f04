/** Once something has come, holds its thread for ever. */
import type { HalfCloseable } from '../../../core/index.ts';

export default async function spin(connection: HalfCloseable): Promise<void> {
  await connection.read();
  await connection.write(Buffer.from('spins'));
  for (;;);
}
