/** What a protocol answers as a `Response`, with the trailers beside it, and the call that ends with its last byte. */
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { readAllBytes } from '@connectrpc/connect/protocol';
import type { Bytes } from '../../../core/index.ts';
import type { RpcCall } from './rpc-call.ts';

/** A `Response` of which the server also asks what stands behind the body. */
export type RpcResponse = Response & { trailers?(): Headers };

/** Of one message, which is there as a whole: one write, and its length is told. */
export async function wholeAnswer(answer: UniversalServerResponse, call: RpcCall): Promise<RpcResponse> {
  const { status, header, body, trailer } = answer;
  const bytes = body === undefined ? new Uint8Array(0) : await readAllBytes(body, Number.MAX_SAFE_INTEGER);
  call.sent = bytes.length;
  call.end(call.context?.protocolName === 'connect' ? connectCode(status, bytes) : undefined);
  if (trailer === undefined) return new Response(bytes, init(status, header));
  // Without a message the outcome may stand in the head, which spares a frame ("Trailers-Only" in gRPC over HTTP/2).
  if (bytes.length === 0) return new Response(null, init(status, joined(header, trailer)));
  return Object.assign(new Response(bytes, init(status, header)), { trailers: () => trailer });
}

/** Of messages, as they come. */
export function streamedAnswer(answer: UniversalServerResponse, call: RpcCall): RpcResponse {
  const { status, header, body, trailer } = answer;
  const stream = body === undefined ? null : new ReadableStream(new Source(body, call), { highWaterMark: 0 });
  if (stream === null) call.end();
  const response = new Response(stream, init(status, header));
  return trailer === undefined ? response : Object.assign(response, { trailers: () => trailer });
}

/** Of a `ReadableStream`. */
class Source {
  readonly #iterator: AsyncIterator<Bytes>;
  readonly #call: RpcCall;

  constructor(body: AsyncIterable<Bytes>, call: RpcCall) {
    this.#iterator = body[Symbol.asyncIterator]();
    this.#call = call;
  }

  async pull(controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
    const { done, value } = await this.#iterator.next();
    if (done === true) {
      this.#call.end();
      controller.close();
      return;
    }
    this.#call.sent += value.length;
    this.#call.move();
    controller.enqueue(value);
  }

  /** Nobody takes the rest: what is beneath hears of it as of an error, and so does the implementation. */
  async cancel(reason: unknown): Promise<void> {
    this.#call.end('canceled');
    await this.#iterator.throw?.(reason).catch(() => {});
  }
}

function init(status: number, header: Headers | undefined): ResponseInit {
  return header === undefined ? { status } : { status, headers: header };
}

function joined(header: Headers | undefined, trailer: Headers): Headers {
  const all = new Headers(header);
  for (const [name, value] of trailer) all.append(name, value);
  return all;
}

/** An answer in Connect's protocol says its code in JSON. */
function connectCode(status: number, bytes: Bytes): string {
  if (status === 200) return 'ok';
  try {
    return JSON.parse(Buffer.from(bytes).toString()).code ?? 'unknown';
  } catch {
    return 'unknown';
  }
}
