/** Gives back what it gets; but when it is asked to devour, it takes all memory that its worker has. */
import type { HalfCloseable } from '../../../core/index.ts';

export default async function devour(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) {
    if (Buffer.from(chunk).toString() === 'devour') devourAll();
    await connection.write(chunk);
  }
}

function devourAll(): never {
  for (const held: unknown[] = []; ; ) held.push(new Array(100_000).fill({}));
}
