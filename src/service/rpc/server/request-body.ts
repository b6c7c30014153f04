/** The body of a request as its call reads it: until the call ends, and no longer. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { Bytes } from '../../../core/index.ts';
import { Abortion } from '../abortion.ts';
import type { RpcCall } from './rpc-call.ts';

export async function* requestBody(request: Request, call: RpcCall): AsyncGenerator<Bytes> {
  const reader = request.body?.getReader();
  if (reader === undefined) {
    call.onRequestEnd();
    return;
  }
  const abortion = new Abortion(call.signal);
  try {
    for (;;) {
      const { done, value } = await abortion.unlessAborted(reader.read().catch(broken));
      if (done) break;
      call.received += value.length;
      call.move();
      yield value;
    }
  } finally {
    abortion.stop();
    call.onRequestEnd();
    // Whether the rest is dropped, or the stream is reset, is the server's to say.
    reader.cancel().catch(() => {});
  }
}

/** The connection, or the framing of the body beneath the messages. */
function broken(error: unknown): never {
  const words = error instanceof Error ? error.message : String(error);
  throw new ConnectError(`The request broke off: ${words}`, Code.Canceled, undefined, undefined, error);
}
