/** Works for about a millisecond for each request, and sends it back. */
import type { HalfCloseable } from '../../../../../core/index.ts';
import type { Context } from '../../../../../server/index.ts';
import { burn } from '../burn.ts';
import type { Shared } from '../workload.ts';

export default async function work(connection: HalfCloseable, { shared }: Context): Promise<void> {
  const { rounds } = shared as Shared;
  for await (const chunk of connection) {
    burn(rounds);
    await connection.write(chunk);
  }
}
