/** Sends back what arrives (RFC 862). */
import type { HalfCloseable } from '../../../core/index.ts';
import type { Context } from '../../../server/index.ts';
import { untilClosed } from './until-closed.ts';

export default async function echo(connection: HalfCloseable, context: Context): Promise<void> {
  const blocks = context.architecture === 'thread' || context.architecture === 'pool';
  await (blocks ? echoChunks(connection, context.signal) : echoAtOnce(connection, context.signal));
}

/** At push level, without a promise for each chunk. */
function echoAtOnce(connection: HalfCloseable, draining: AbortSignal): Promise<void> {
  const wire = connection.attach({
    onData(chunk) {
      if (!wire.push(chunk)) wire.pause();
    },
    onDrain: () => wire.resume(),
    onEnd: () => wire.end(),
    onClose() {},
  });
  return untilClosed(connection, draining);
}

/** Where reading and writing block there is nothing to wait for in between. */
async function echoChunks(connection: HalfCloseable, signal: AbortSignal): Promise<void> {
  try {
    for (let chunk = await connection.read({ signal }); chunk !== null; ) {
      await connection.write(chunk);
      chunk = await connection.read({ signal });
    }
  } catch (thrown) {
    // The server drains: what came has been sent back.
    if (thrown !== signal.reason) throw thrown;
  }
}
