/** Gives back what it gets; but when it is asked to die, its worker ends at once. */
import { isMainThread } from 'node:worker_threads';
import type { HalfCloseable } from '../../../core/index.ts';

export default async function mortal(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) {
    if (Buffer.from(chunk).toString() === 'die') die();
    await connection.write(chunk);
  }
}

function die(): void {
  if (isMainThread) process.kill(process.pid, 'SIGKILL');
  else process.exit(9);
}
