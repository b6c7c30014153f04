/** Gives back what it gets, until the peer ends its half; on the push level. */
import type { HalfCloseable, Wire } from '../../../core/contract.ts';

export default async function pushEcho(connection: HalfCloseable): Promise<void> {
  const wire: Wire = connection.attach({
    onData(chunk) {
      if (!wire.push(chunk)) wire.pause();
    },
    onDrain: () => wire.resume(),
    onEnd: () => wire.end(),
    onClose() {},
  });
  const reason = await connection.closed;
  if (reason !== undefined) throw reason;
}
