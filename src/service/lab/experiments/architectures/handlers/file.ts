/** Answers each request with a small file, read from the disk anew. */
import { readFile } from 'node:fs/promises';
import type { HalfCloseable } from '../../../../../core/index.ts';
import type { Context } from '../../../../../server/index.ts';
import type { Shared } from '../workload.ts';

export default async function file(connection: HalfCloseable, { shared }: Context): Promise<void> {
  const { path } = shared as Shared;
  for await (const _ of connection) await connection.write(await readFile(path));
}
