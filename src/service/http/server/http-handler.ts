/** HTTP as a handler of modnet/server: the bridge between connections and requests. */
import type { HalfCloseable } from '../../../core/index.ts';
import type { Handler } from '../../../server/index.ts';
import type { HttpHandler } from '../contract.ts';
import type { Takeover } from '../response.ts';
import { HttpHost } from './host.ts';
import { HttpConnection } from './http-connection.ts';
import type { HttpOptions } from './options.ts';
import { Surroundings } from './surroundings.ts';

/**
 * A handler of connections that speaks HTTP/1.1 and asks `handler` for each request. A module that exports one by default
 * runs under every architecture whose workers are event loops: `serveHttp(address, new URL('./handler.ts', import.meta.url), …)`.
 * Who gives it to `serve` itself sets `idle: 0` there, because HTTP has deadlines of its own.
 * @throws NetError `limit` that names the option
 */
export function httpHandler(handler: HttpHandler, options: HttpOptions = {}): Handler {
  return handlerOf(new HttpHost(handler, options));
}

export function handlerOf(host: HttpHost): Handler {
  return (connection, context) =>
    new Promise((resolve) => {
      const { signal } = context;
      const drain = (): void => http.drain();
      const onDone = (takeover: Takeover | undefined): void => {
        signal.removeEventListener('abort', drain);
        resolve(takeover === undefined ? undefined : keep(takeover, connection));
      };
      const http = new HttpConnection(host, connection, new Surroundings(connection, signal), onDone);
      if (signal.aborted) http.drain();
      else signal.addEventListener('abort', drain);
    });
}

/** Settles when the connection may be closed. */
async function keep(takeover: Takeover, connection: HalfCloseable): Promise<void> {
  const kept = takeover(connection);
  if (kept === undefined) await connection.closed;
  else await kept;
}
