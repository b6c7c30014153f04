/** Once something has come, throws where no promise sees it. */
import type { HalfCloseable } from '../../../core/index.ts';

export default async function crash(connection: HalfCloseable): Promise<void> {
  await connection.read();
  setImmediate(() => {
    throw new Error('crashed on purpose');
  });
  await connection.closed;
}
