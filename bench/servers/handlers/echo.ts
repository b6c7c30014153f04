/** Sends back what arrives, at push level. */
import type { HalfCloseable } from '../../../src/core/index.ts';

export default async function echo(connection: HalfCloseable): Promise<void> {
  const wire = connection.attach({
    onData(chunk) {
      if (!wire.push(chunk)) wire.pause();
    },
    onDrain: () => wire.resume(),
    onEnd: () => wire.end(),
    onClose() {},
  });
  await connection.closed;
}
