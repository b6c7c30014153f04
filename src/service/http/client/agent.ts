/** Other HTTP clients of Node on the transports of modnet: agents for `node:http` and `node:https`, connectors for undici. */
import { Agent, type AgentOptions } from 'node:http';
import type { Socket } from 'node:net';
import { systemClock } from '../../../core/index.ts';
import { agentSocket } from './agent-socket.ts';
import { type Dialer, type DialerOptions, dialer } from './dialer.ts';

export interface ToAgentOptions extends DialerOptions {
  /** `https:` makes an agent for `node:https`, whose connections speak TLS. Default `http:`. */
  readonly protocol?: 'http:' | 'https:' | undefined;
  /** For Node's own agent: `keepAlive`, `maxSockets`, `timeout` … */
  readonly agent?: AgentOptions | undefined;
}

type Connected = (error: Error | null, socket: Socket) => void;

/** What Node hands to an agent, of which we need a little. */
interface Wanted {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
  readonly servername?: string | undefined;
  readonly timeout?: number | undefined;
}

/**
 * An agent whose connections are modnet's:
 *
 *     http.get('http://any/', { agent: toAgent({ address: 'unix:///run/app.sock' }) }, …)
 */
export function toAgent(options: ToAgentOptions = {}): Agent {
  return new ModnetAgent(options);
}

class ModnetAgent extends Agent {
  readonly #dial: Dialer;
  readonly #options: ToAgentOptions;
  readonly #protocol: string;

  constructor(options: ToAgentOptions) {
    const { protocol = 'http:', agent } = options;
    super(agent);
    this.#dial = dialer(options);
    this.#options = options;
    this.#protocol = protocol;
    // What Node compares with the URL, and the port of a URL without one; not in its types.
    Object.assign(this, { protocol, defaultPort: protocol === 'https:' ? 443 : 80 });
  }

  override createConnection(wanted: Wanted, connected?: Connected): undefined {
    const { host, port, servername, timeout = 0 } = wanted;
    const url = new URL(`${this.#protocol}//${inUrl(host ?? 'localhost')}:${port ?? ''}`);
    const dialing = this.#dial(url, servername || undefined);
    hand(dialing, url, this.#options, (error, socket) => {
      if (error === null) socket.setTimeout(timeout);
      connected?.(error, socket);
    });
    return undefined;
  }
}

/** As undici describes a connection that it wants. */
export interface ConnectorWanted {
  readonly hostname: string;
  readonly protocol: string;
  readonly port: string;
  readonly servername?: string | undefined;
}

/** A function that undici's `Agent`, `Pool` and `Client` take as `connect`. */
export type Connector = (
  wanted: ConnectorWanted,
  connected: (...result: [null, Socket] | [Error, null]) => void,
) => void;

/**
 * A connector whose connections are modnet's:
 *
 *     const dispatcher = new undici.Agent({ connect: toConnector({ address: 'memory:app' }) });
 *     await undici.fetch('http://any/', { dispatcher });
 */
export function toConnector(options: DialerOptions = {}): Connector {
  const dial = dialer(options);
  return ({ hostname, protocol, port, servername }, connected) => {
    const url = new URL(`${protocol}//${inUrl(hostname)}:${port}`);
    hand(dial(url, servername || undefined), url, options, connected as Connected);
  };
}

function hand(
  dialing: ReturnType<Dialer>,
  { protocol }: URL,
  { clock = systemClock }: DialerOptions,
  connected: Connected,
): void {
  dialing.then(
    (connection) => connected(null, agentSocket(connection, protocol === 'https:', clock)),
    (error: Error) => connected(error, null as never),
  );
}

/** IPv6 addresses come without brackets from `node:http`, and with them from undici. */
function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
