/** Greets, and never ends by itself. */
import type { HalfCloseable } from '../../src/core/index.ts';

export default async function stubborn(connection: HalfCloseable): Promise<void> {
  await connection.write(Buffer.from('hello'));
  await new Promise(() => {});
}
