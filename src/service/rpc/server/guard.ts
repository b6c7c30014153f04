/** Around all other interceptors: an implementation that does not heed its signal holds nobody up beyond the deadline. */
import type { Interceptor, StreamResponse } from '@connectrpc/connect';
import { type ContextKey, createContextKey } from '@connectrpc/connect';
import { Abortion } from '../abortion.ts';
import type { RpcCall } from './rpc-call.ts';

/** The call that an implementation runs for. */
export const callKey: ContextKey<RpcCall | undefined> = createContextKey<RpcCall | undefined>(undefined);

export const guard: Interceptor = (next) => async (request) => {
  const call = request.contextValues.get(callKey);
  const abortion = new Abortion(request.signal);
  try {
    const response = await abortion.unlessAborted(next(request));
    if (!response.stream) return response;
    return { ...response, message: guarded(response, request.signal, call) };
  } catch (error) {
    if (call !== undefined) call.thrown = error;
    throw error;
  } finally {
    abortion.stop();
  }
};

async function* guarded(
  { message }: StreamResponse,
  signal: AbortSignal,
  call: RpcCall | undefined,
): StreamResponse['message'] & AsyncGenerator {
  const iterator = message[Symbol.asyncIterator]();
  const abortion = new Abortion(signal);
  let isDone = false;
  try {
    for (;;) {
      const next = await abortion.unlessAborted(iterator.next());
      isDone = next.done === true;
      if (next.done === true) return;
      yield next.value;
    }
  } catch (error) {
    if (call !== undefined) call.thrown = error;
    throw error;
  } finally {
    abortion.stop();
    // One that waits for something else hears of it when that is over.
    if (!isDone) iterator.return?.().catch(() => {});
  }
}
