/** The server's side of the handshake, on a connection that has just been accepted. It does not know which transport is below. */
import type { Bytes, HalfCloseable } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import {
  formatResponseHead,
  Http1Error,
  type RequestHead,
  RequestParser,
} from '../../protocol/http1/index.ts';
import {
  answerUpgrade,
  checkOrigin,
  chooseProtocol,
  type DeflateParameters,
  HandshakeError,
  readUpgrade,
  type Upgrade,
} from '../../protocol/websocket/index.ts';
import { clockOf, type TransportOptions } from '../options.ts';
import { compressionOf, HANDSHAKE_TIMEOUT, type WebSocketServerOptions } from './options.ts';
import { sha1 } from './sha1.ts';
import { within } from './within.ts';

/** What a handshake has led to. */
export interface Opened {
  readonly protocol: string | undefined;
  readonly deflate: DeflateParameters | undefined;
  /** As the client asked for it, with its query. */
  readonly target: string;
  /** What came behind the handshake. */
  readonly unread: Bytes;
}

/** How long whoever was refused may take to read why, in ms. */
const REFUSAL_GRACE = 1000;

/**
 * Reads the request, and answers it.
 * @param path the only one that is served; its query is free
 * @throws HandshakeError or Http1Error when the request was refused, `timeout`, `broken`; the connection is gone then
 */
export async function acceptHandshake(
  connection: HalfCloseable,
  path: string,
  options: WebSocketServerOptions & Pick<TransportOptions, 'clock' | 'engine'> = {},
): Promise<Opened> {
  const clock = clockOf(options);
  const timeout = options.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
  try {
    return await within(connection, { clock, timeout }, () => answer(connection, path, options));
  } catch (error) {
    if (error instanceof HandshakeError || error instanceof Http1Error) await refuse(connection, error);
    else connection.abort();
    throw error;
  }
}

async function answer(
  connection: HalfCloseable,
  path: string,
  options: WebSocketServerOptions,
): Promise<Opened> {
  const parser = new RequestParser();
  const head = await readHead(connection, parser);
  const upgrade = checkRequest(head, path, options);
  const protocol = chooseProtocol(upgrade, options.protocols ?? []);
  const { fields, deflate } = answerUpgrade(upgrade, { protocol, deflate: compressionOf(options) }, sha1);
  await connection.write(Buffer.from(formatResponseHead(101, undefined, fields), 'latin1'));
  return { protocol, deflate, target: head.target, unread: restOf(parser) };
}

/** What follows the head and its end. */
export function restOf(parser: { next(): unknown; takeRest(): Bytes }): Bytes {
  parser.next();
  return parser.takeRest();
}

async function readHead(connection: HalfCloseable, parser: RequestParser): Promise<RequestHead> {
  for (;;) {
    const event = parser.next();
    if (event?.type === 'request') return event;
    const chunk = await connection.read();
    if (chunk === null) throw new NetError('broken', 'the client ended before its request was complete');
    parser.receive(chunk);
  }
}

function checkRequest(head: RequestHead, path: string, options: WebSocketServerOptions): Upgrade {
  const [asked = '/'] = head.target.split('?', 1);
  if (asked !== (path === '' ? '/' : path))
    throw new HandshakeError(404, 'There is no WebSocket at this path');
  const upgrade = readUpgrade(head);
  checkOrigin(upgrade, options.origins);
  return upgrade;
}

async function refuse(connection: HalfCloseable, error: HandshakeError | Http1Error): Promise<void> {
  const body = `${error.message}\n`;
  const fields: [string, string][] = [
    ['content-type', 'text/plain; charset=utf-8'],
    ['content-length', String(Buffer.byteLength(body))],
    ['connection', 'close'],
  ];
  const more = error instanceof HandshakeError ? error.fields : [];
  const head = formatResponseHead(error.status, undefined, [...fields, ...more]);
  await connection.write(Buffer.from(head + body)).catch(() => {});
  await connection.close({ signal: AbortSignal.timeout(REFUSAL_GRACE) }).catch(() => {});
}
