/** Opens a connection to the address that it is sent, and ends its worker. */
import type { HalfCloseable } from '../../../core/index.ts';
import { connect } from '../../../transport/index.ts';

export default async function leak(connection: HalfCloseable): Promise<void> {
  const address = Buffer.from((await connection.read())!).toString();
  await connect(address);
  process.exit(3);
}
