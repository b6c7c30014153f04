/** Requests for a handler of calls without a server, and frames as gRPC and Connect write them. */
import { namedAddress } from '../../core/index.ts';
import type { RpcRequestContext } from './index.ts';
import { type RpcHandler, type RpcTransport, type RpcTransportOptions, rpcTransport } from './index.ts';

export const ECHO = 'modnet.test.v1.Echo';

export function post(
  method: string,
  body: string | Uint8Array | AsyncIterable<Uint8Array>,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Request {
  const isStream = typeof body === 'object' && Symbol.asyncIterator in body;
  return new Request(`http://test/${ECHO}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: isStream ? ReadableStream.from(body) : body,
    duplex: 'half',
    ...(signal === undefined ? {} : { signal }),
  } as RequestInit);
}

export function surroundings(version: string, draining = new AbortController().signal): RpcRequestContext {
  return { remote: namedAddress('memory', 'peer'), secure: false, version, draining };
}

/** A message with its flags and length in front. */
export function frame(data: Uint8Array, flags = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data.length + 5);
  bytes[0] = flags;
  new DataView(bytes.buffer).setUint32(1, data.length);
  bytes.set(data, 5);
  return bytes;
}

/** Calls the handler as `fetch` would. */
export function inside(handler: RpcHandler, options: RpcTransportOptions = {}): RpcTransport {
  const fetch: RpcTransportOptions['fetch'] = (url, init) => handler(new Request(url, init as RequestInit));
  return rpcTransport('http://test', { fetch, retry: false, ...options });
}
