/** A millisecond of work for each message, which is then sent back. */
import type { HalfCloseable } from '../../../src/core/index.ts';
import { burn } from '../burn.ts';

export default async function work(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) {
    burn();
    await connection.write(chunk);
  }
}
