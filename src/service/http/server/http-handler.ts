/** HTTP as a handler of modnet/server: the bridge between connections and requests. */
import type { HalfCloseable } from '../../../core/index.ts';
import type { Handler } from '../../../server/index.ts';
import type { HttpHandler } from '../contract.ts';
import { Http2Connection } from '../h2/http2-connection.ts';
import { OnlyHttp2 } from '../h2/only-http2.ts';
import { VersionChoice } from '../h2/version-choice.ts';
import type { Takeover } from '../response.ts';
import { HttpHost } from './host.ts';
import { HttpConnection, type OnDone } from './http-connection.ts';
import type { HttpOptions } from './options.ts';
import { Surroundings } from './surroundings.ts';

/**
 * A handler of connections that speaks HTTP/1.1 and HTTP/2 and asks `handler` for each request. A module that exports one by default
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
      const drain = (): void => speaker.drain();
      const onDone = (takeover: Takeover | undefined): void => {
        signal.removeEventListener('abort', drain);
        resolve(takeover === undefined ? undefined : keep(takeover, connection));
      };
      const surroundings = new Surroundings(connection, signal);
      let speaker = speak(host, connection, surroundings, onDone, (other) => {
        speaker = other;
      });
      if (signal.aborted) drain();
      else signal.addEventListener('abort', drain);
    });
}

type Speaker = HttpConnection | Http2Connection;

/** HTTP/1.1, until the client begins with HTTP/2. */
function speak(
  host: HttpHost,
  connection: HalfCloseable,
  surroundings: Surroundings,
  onDone: OnDone,
  become: (speaker: Speaker) => void,
): Speaker {
  const { versions, http2 } = host.settings;
  let isHttp2 = false;
  const http = new HttpConnection(host, connection, surroundings, (takeover) => {
    if (!isHttp2) onDone(takeover);
  });
  if (!versions.includes('h2')) return http;
  const onHttp2 = (): void => {
    isHttp2 = true;
    http.onClose();
    become(new Http2Connection(host, connection, surroundings, http2, () => onDone(undefined)));
  };
  const otherwise = versions.includes('http/1.1')
    ? http
    : new OnlyHttp2(host, connection, () => http.onClose());
  new VersionChoice(connection, { otherwise, onHttp2 });
  return http;
}

/** Settles when the connection may be closed. */
async function keep(takeover: Takeover, connection: HalfCloseable): Promise<void> {
  const kept = takeover(connection);
  if (kept === undefined) await connection.closed;
  else await kept;
}
