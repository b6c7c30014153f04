/** WebSockets at a path of an HTTP server: the handshake as a request that is answered. It does not know which server. */
import type { HalfCloseable } from '../../../core/index.ts';
import {
  answerUpgrade,
  checkOrigin,
  chooseProtocol,
  GOING_AWAY,
  HandshakeError,
  INTERNAL_ERROR,
  readUpgrade,
  type UpgradeAnswer,
} from '../../../protocol/websocket/index.ts';
import {
  compressionOf,
  openChannel,
  sha1,
  type WebSocketChannel,
  type WebSocketOptions,
  type WebSocketServerOptions,
} from '../../../transport/websocket/index.ts';
import type { HttpContext } from '../contract.ts';
import { HttpResponse } from '../response.ts';

export interface UpgradeWebSocketOptions
  extends WebSocketOptions,
    Pick<WebSocketServerOptions, 'protocols' | 'origins'> {}

/**
 * Is given the socket once the answer has left. When a promise comes back, the socket is closed with 1000 as soon as it is
 * fulfilled, and with 1011 when it is rejected, which the server's owner hears; else it stays open until somebody closes it.
 */
export type SocketHandler = (socket: WebSocketChannel) => void | Promise<void>;

/**
 * Answers a request for a WebSocket: return it from a handler. A request that is none is answered with 426, a wrong one with 400,
 * a page of another host with 403, unless `origins` says otherwise. When the server drains, the socket is closed with 1001.
 *
 *     const handler: HttpHandler = (request, context) =>
 *       upgradeWebSocket(request, context, {}, async (socket) => {
 *         for await (const message of socket) await socket.send(message);
 *       });
 */
export function upgradeWebSocket(
  request: Request,
  context: HttpContext,
  options: UpgradeWebSocketOptions,
  onSocket: SocketHandler,
): Response {
  try {
    const upgrade = readUpgrade({ method: request.method, fields: request.headers });
    checkOrigin(upgrade, options.origins);
    const protocol = chooseProtocol(upgrade, options.protocols ?? []);
    const answer = answerUpgrade(upgrade, { protocol, deflate: compressionOf(options) }, sha1);
    const headers = answer.fields.map(([name, value]): [string, string] => [name, value]);
    return HttpResponse.upgrade({ headers }, (connection) =>
      serve(connection, answer, protocol, context, options, onSocket),
    );
  } catch (error) {
    if (!(error instanceof HandshakeError)) throw error;
    return HttpResponse.text(`${error.message}\n`, {
      status: error.status,
      headers: error.fields.map(([name, value]): [string, string] => [name, value]),
    });
  }
}

async function serve(
  connection: HalfCloseable,
  { deflate }: UpgradeAnswer,
  protocol: string | undefined,
  context: HttpContext,
  options: UpgradeWebSocketOptions,
  onSocket: SocketHandler,
): Promise<void> {
  const { local, remote, draining } = context;
  const opened = { protocol, deflate, unread: new Uint8Array(0) };
  const socket = openChannel(connection, 'server', opened, options, { local, remote });
  const onDrain = (): void => void socket.close({ code: GOING_AWAY }).catch(() => {});
  draining.addEventListener('abort', onDrain, { once: true });
  if (draining.aborted) onDrain();
  try {
    await run(socket, onSocket);
  } finally {
    draining.removeEventListener('abort', onDrain);
  }
}

async function run(socket: WebSocketChannel, onSocket: SocketHandler): Promise<void> {
  try {
    const running = onSocket(socket);
    if (running === undefined) await socket.closed;
    else await running;
  } catch (error) {
    await socket.close({ code: INTERNAL_ERROR }).catch(() => {});
    throw error;
  }
  // The peer may have gone by itself, which is no fault of the handler.
  await socket.close().catch(() => {});
}
