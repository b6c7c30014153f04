/** Has a fault that one word brings out. */
import type { HalfCloseable } from '../../src/core/index.ts';

export default async function faulty(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) {
    if (Buffer.from(chunk).toString() === 'fault') throw new TypeError('this is the fault');
    await connection.write(chunk);
  }
}
