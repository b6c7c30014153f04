/** The connections of a call, made when they are needed: one that reads from a file needs one, a call over HTTP/1.1 two. */
import type { DescMethod } from '@bufbuild/protobuf';
import { HttpClient } from '../../service/http/index.ts';
import {
  MAX_RECEIVE,
  type RpcTransport,
  type RpcTransportOptions,
  rpcTransport,
} from '../../service/rpc/index.ts';
import type { CallOptions } from './options.ts';

export class Connections implements AsyncDisposable {
  readonly #url: URL;
  readonly #options: CallOptions;
  readonly #clients: AsyncDisposable[] = [];

  constructor(url: URL, options: CallOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Over HTTP/2. */
  both(protocol: RpcTransportOptions['protocol']): RpcTransport {
    const { address, driver, connectTimeout, maxSize } = this.#options;
    const transport = rpcTransport(this.#url, {
      protocol,
      address,
      tls: tlsOf(this.#options),
      transport: { driver, connectTimeout },
      maxReceive: maxSize ?? MAX_RECEIVE,
      closeGrace: 1,
    });
    this.#clients.push(transport);
    return transport;
  }

  /** As the protocol and the kind of the method want it. */
  of(method: DescMethod): RpcTransport {
    const { protocol, address, driver, connectTimeout, maxSize } = this.#options;
    if (protocol === 'grpc' || method.methodKind === 'bidi_streaming') return this.both(protocol);
    const client = new HttpClient({
      address,
      connectTimeout,
      tls: tlsOf(this.#options),
      transport: { driver },
      headerTimeout: 0,
      bodyTimeout: 0,
    });
    this.#clients.push({ [Symbol.asyncDispose]: async () => client.abort() });
    const fetch: RpcTransportOptions['fetch'] = (url, init) => client.fetch(url, init);
    return rpcTransport(this.#url, { protocol, fetch, maxReceive: maxSize ?? MAX_RECEIVE });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client[Symbol.asyncDispose]();
  }
}

function tlsOf({ cacert: ca, cert, key, insecure }: CallOptions): NonNullable<RpcTransportOptions['tls']> {
  return { ca, key, insecure, ...(cert === undefined ? {} : { cert }) };
}
