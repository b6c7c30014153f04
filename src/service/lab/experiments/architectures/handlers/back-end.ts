/** Asks a back end, which takes its time, and passes the answer on. */
import type { HalfCloseable } from '../../../../../core/index.ts';
import type { Context } from '../../../../../server/index.ts';
import { connect } from '../../../../../transport/index.ts';
import type { Shared } from '../workload.ts';

export default async function askBackEnd(connection: HalfCloseable, { shared }: Context): Promise<void> {
  await using backEnd = await connect((shared as Shared).backEnd);
  for await (const chunk of connection) {
    await backEnd.write(chunk);
    const answer = await backEnd.read();
    if (answer === null) return;
    await connection.write(answer);
  }
}
