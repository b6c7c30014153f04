/** `/ws`: members by WebSocket. */
import { TRY_AGAIN_LATER } from '../../../protocol/websocket/index.ts';
import type { WebSocketChannel } from '../../../transport/websocket/index.ts';
import type { HttpContext } from '../../http/index.ts';
import { upgradeWebSocket } from '../../http/websocket/index.ts';
import { addressKey } from '../admission.ts';
import type { House } from '../house.ts';
import { isAdmitted } from './guard-token.ts';
import { problemResponse } from './problem.ts';
import { SocketClient } from './socket-client.ts';
import type { SocketScript } from './socket-script.ts';
import type { WebClients } from './web-clients.ts';

/** Frames of one message. Clients of a chat split none. */
const FRAGMENTS = 64;

/** A drain is told by the exchange, which says goodbye first. */
const NEVER = new AbortController().signal;

export class Sockets {
  readonly #house: House;
  readonly #script: SocketScript;
  readonly #clients: WebClients;
  #serial = 0;

  constructor(house: House, script: SocketScript, clients: WebClients) {
    this.#house = house;
    this.#script = script;
    this.#clients = clients;
  }

  /** Behind what guards origins: they are not looked at here. */
  readonly open = (request: Request, context: HttpContext): Response => {
    const { gate, admission, clock, limits } = this.#house;
    const key = addressKey(context.remote);
    admission.check(key);
    const asksToken = gate !== null && !isAdmitted(gate, request, context, { inQuery: true });
    const options = {
      origins: 'any',
      clock,
      limits: { message: limits.lineBytes, fragments: FRAGMENTS },
    } as const;
    const { remote, local, secure, version, params } = context;
    const calm = { remote, local, secure, version, params, draining: NEVER };
    const response = upgradeWebSocket(request, calm, options, (socket) =>
      this.#welcome(socket, key, asksToken),
    );
    return response.status === 101 ? response : refusal(response);
  };

  #welcome(socket: WebSocketChannel, addressKey: string, asksToken: boolean): void {
    const client = {
      house: this.#house,
      door: 'ws',
      addressKey,
      label: `ws-${++this.#serial}`,
      asksToken,
      script: this.#script,
      attach: (receiver: SocketClient) => socket.attach(receiver),
      onGone: (gone: SocketClient) => this.#clients.forget(gone),
    } as const;
    try {
      this.#clients.admit(addressKey, () => new SocketClient(client));
    } catch (thrown) {
      // Others came while the handshake was under way.
      socket
        .close({ code: TRY_AGAIN_LATER, reason: (thrown as Error).message.slice(0, 100) })
        .catch(() => {});
    }
  }
}

/** What is wrong with the handshake, as a problem. */
function refusal(response: Response): Response {
  const { status, headers } = response;
  const fields = Object.fromEntries([...headers].filter(([name]) => !name.startsWith('content-')));
  if (status === 426)
    return problemResponse('upgrade-needed', 'This is a WebSocket; connect to it with ws://', fields);
  return problemResponse(
    'bad-request',
    'The handshake of the WebSocket is wrong (RFC 6455 section 4.2.1)',
    fields,
  );
}
