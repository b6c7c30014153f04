/** The client's side of the handshake, on a connection that has just been made. It does not know which transport is below. */
import type { HalfCloseable } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { formatRequestHead, type ResponseHead, ResponseParser } from '../../protocol/http1/index.ts';
import { type ClientWish, readAnswer, upgradeFields } from '../../protocol/websocket/index.ts';
import { clockOf, type TransportOptions } from '../options.ts';
import { type Opened, restOf } from './accept.ts';
import { compressionOf, HANDSHAKE_TIMEOUT, type WebSocketClientOptions } from './options.ts';
import { newKey, sha1 } from './sha1.ts';
import { within } from './within.ts';

/**
 * Asks for a WebSocket, and reads the answer.
 * @param host for the field Host, with its port unless that is the scheme's own
 * @throws NetError `refused` for an answer other than 101, `protocol` for a wrong one, `timeout`, `broken`; the connection is gone then
 */
export async function connectHandshake(
  connection: HalfCloseable,
  host: string,
  target: string,
  options: WebSocketClientOptions & Pick<TransportOptions, 'clock' | 'engine' | 'signal'> = {},
): Promise<Opened> {
  const deadline = {
    clock: clockOf(options),
    timeout: options.handshakeTimeout ?? HANDSHAKE_TIMEOUT,
    signal: options.signal,
  };
  try {
    return await within(connection, deadline, () => ask(connection, host, target, options));
  } catch (error) {
    connection.abort();
    throw error;
  }
}

async function ask(
  connection: HalfCloseable,
  host: string,
  target: string,
  options: WebSocketClientOptions,
): Promise<Opened> {
  const wish: ClientWish = { key: newKey(), protocols: options.protocols, deflate: compressionOf(options) };
  const fields = [['host', host], ...upgradeFields(wish), ...Object.entries(options.headers ?? {})] as const;
  const head = formatRequestHead('GET', target, fields as Iterable<[string, string]>);
  await connection.write(Buffer.from(head, 'latin1'));
  const parser = new ResponseParser();
  parser.expect('GET');
  const response = await readFinal(connection, parser);
  const { protocol, deflate } = readAnswer(response, wish, sha1);
  return { protocol, deflate, target, unread: restOf(parser) };
}

/** Other answers of 1xx may come before the one that counts. */
async function readFinal(connection: HalfCloseable, parser: ResponseParser): Promise<ResponseHead> {
  for (;;) {
    const event = parser.next();
    if (event?.type === 'response' && (event.status === 101 || event.status >= 200)) return event;
    if (event !== null) continue;
    const chunk = await connection.read();
    if (chunk === null) throw new NetError('broken', 'the server ended before it answered');
    parser.receive(chunk);
  }
}
