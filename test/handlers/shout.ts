/** Sends back what arrives, in capitals, with the number of its worker in front. */
import type { HalfCloseable } from '../../src/core/index.ts';
import type { Context } from '../../src/server/index.ts';

export default async function shout(connection: HalfCloseable, { worker }: Context): Promise<void> {
  for await (const chunk of connection)
    await connection.write(Buffer.from(`${worker}: ${Buffer.from(chunk).toString().toUpperCase()}`));
}
