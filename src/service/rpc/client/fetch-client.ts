/** Calls over a function in the shape of `fetch`, whatever version of HTTP is beneath it. It knows no protocol of calls. */
import { Code, ConnectError } from '@connectrpc/connect';
import {
  readAllBytes,
  type UniversalClientFn,
  type UniversalClientRequest,
} from '@connectrpc/connect/protocol';
import type { Bytes } from '../../../core/index.ts';
import { abortError } from '../abortion.ts';
import { unavailable, unsentError } from './failure.ts';
import type { RpcFetch } from './options.ts';

/** Steps of modnet's client of HTTP in which nothing was sent yet. */
const BEFORE_SENDING: readonly unknown[] = ['queue', 'name', 'connect', 'proxy', 'tls'];

const CODED = ['content-encoding', 'content-length'];

/** @param isWhole the body is one message, so that it is sent with its length, and can be sent again after a redirect */
export function fetchClient(fetch: RpcFetch, isWhole: boolean): UniversalClientFn {
  return async (request) => {
    const { url, method, signal } = request;
    const headers = new Headers(request.header);
    // Fetch asks for codings by itself, and undoes them.
    headers.delete('accept-encoding');
    try {
      const body = await bodyOf(request, isWhole);
      const response = await fetch(url, { method, headers, body, signal: signal ?? null, duplex: 'half' });
      if (response.status === 505) throw await needsHttp2(response);
      const header = new Headers(response.headers);
      // What they say is of the body as it came.
      if (header.has('content-encoding')) for (const name of CODED) header.delete(name);
      return { status: response.status, header, body: chunksOf(response, signal), trailer: new Headers() };
    } catch (error) {
      throw failure(error, signal);
    }
  };
}

async function bodyOf(
  { body }: UniversalClientRequest,
  isWhole: boolean,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Bytes> | null> {
  if (body === undefined) return null;
  if (isWhole) return (await readAllBytes(body, Number.MAX_SAFE_INTEGER)) as Uint8Array<ArrayBuffer>;
  return ReadableStream.from(body) as ReadableStream<Bytes>;
}

async function needsHttp2(response: Response): Promise<ConnectError> {
  await response.body?.cancel();
  const words = 'The server wants HTTP/2 for this method; leave "fetch" out';
  return new ConnectError(words, Code.Unimplemented);
}

async function* chunksOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<Bytes> {
  if (response.body === null) return;
  try {
    yield* response.body as unknown as AsyncIterable<Bytes>;
  } catch (error) {
    throw failure(error, signal);
  }
}

function failure(error: unknown, signal: AbortSignal | undefined): ConnectError {
  if (signal?.aborted === true) return abortError(signal);
  if (error instanceof ConnectError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new ConnectError(error.message, Code.Canceled, undefined, undefined, error);
  return BEFORE_SENDING.includes((error as { step?: unknown }).step)
    ? unsentError(error)
    : unavailable(error);
}
