/** A smaller limit for the bodies of one route than the server's. */
import type { Middleware } from '../contract.ts';
import { toRequest } from '../request.ts';
import { HttpResponse } from '../response.ts';

/**
 * Answers 413 to a body of more than `bytes`: at once when it says so, else when the handler has read so much.
 * The server's own limit (`bodyLimit` of `serveHttp`) comes first.
 */
export function bodyLimit(bytes: number): Middleware {
  return (request, _context, next) => {
    const length = request.headers.get('content-length');
    if (length !== null) return Number(length) > bytes ? tooLarge(bytes) : next();
    if (!request.headers.has('transfer-encoding') && request.body === null) return next();
    return limited(request, bytes, next);
  };
}

async function limited(request: Request, bytes: number, next: Parameters<Middleware>[2]): Promise<Response> {
  const real = toRequest(request);
  if (real.body === null) return next();
  const counter = new Counter(bytes);
  const body = (real.body as ReadableStream<Uint8Array>).pipeThrough(new TransformStream(counter));
  try {
    const response = await next(new Request(real, { body, duplex: 'half' } as RequestInit));
    return counter.isOver ? tooLarge(bytes) : response;
  } catch (thrown) {
    if (counter.isOver) return tooLarge(bytes);
    throw thrown;
  }
}

class Counter {
  readonly #limit: number;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isOver(): boolean {
    return this.#count > this.#limit;
  }

  transform(chunk: Uint8Array, controller: TransformStreamDefaultController<Uint8Array>): void {
    this.#count += chunk.length;
    if (this.isOver) controller.error(new Error(`The body has more than ${this.#limit} bytes`));
    else controller.enqueue(chunk);
  }
}

function tooLarge(bytes: number): Response {
  return new HttpResponse(`The body has more than ${bytes} bytes.\n`, { status: 413 });
}
