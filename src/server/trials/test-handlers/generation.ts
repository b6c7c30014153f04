/** Says how many times this module was loaded, in all threads, when it was loaded here; then gives back what it gets. */
import type { HalfCloseable } from '../../../core/index.ts';
import type { Context } from '../../handler.ts';

/** Counted in the memory that the server shares, when it is first seen. */
let generation: number | undefined;

export default async function say(connection: HalfCloseable, { shared }: Context): Promise<void> {
  generation ??= Atomics.add(shared as Int32Array, 0, 1);
  await connection.write(Buffer.from(`generation ${generation}`));
  for await (const chunk of connection) await connection.write(chunk);
}
