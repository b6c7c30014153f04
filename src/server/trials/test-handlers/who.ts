/** Says which worker it is and in which process, and then gives back what it gets. */
import type { HalfCloseable } from '../../../core/index.ts';
import type { Context } from '../../handler.ts';

export default async function who(connection: HalfCloseable, { worker, shared }: Context): Promise<void> {
  const words = JSON.stringify({ worker, pid: process.pid, shared });
  await connection.write(Buffer.from(`${words}\n`));
  for await (const chunk of connection) await connection.write(chunk);
}
