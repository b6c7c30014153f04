/** `modnet listen --architecture NAME`: a server, its signals, and what it tells. It does not know how it serves. */
import type { Address } from '../../core/index.ts';
import {
  type Architecture,
  DRAIN,
  type ServeOptions,
  type Server,
  type ServerEvent,
  serve,
  serverEvents,
} from '../../server/index.ts';
import { EXIT, Interrupted } from '../exit.ts';
import { handlerModule } from './handler-module.ts';
import type { ListenOptions } from './options.ts';
import { ServerTeller } from './server-teller.ts';

/** Until a signal, or the loss of its socket, has ended it. */
export async function serveClients(
  address: Address,
  architecture: Architecture,
  options: ListenOptions,
): Promise<never> {
  const teller = new ServerTeller(options);
  serverEvents.subscribe((event) => teller.event(event as ServerEvent));
  const { module, shared } = handlerModule(options);
  const server = await starting(() =>
    serve(address, module, { ...serveOptions(options), architecture, shared }),
  );
  teller.listening(server);
  process.on('SIGUSR1', () => teller.statistics(server));
  const closing = (): void => teller.closing(server, options.drain ?? DRAIN);
  process.once('SIGINT', closing).once('SIGTERM', closing);
  const reason = await server.closed;
  teller.closed(server, await server.drain());
  // Its socket failed, or somebody sent a signal: nothing else ends it.
  throw reason ?? new Interrupted();
}

/** From when it serves, the server itself handles the signals; until then they just end the program. */
async function starting(start: () => Promise<Server>): Promise<Server> {
  const exit = (): never => process.exit(EXIT.interrupted);
  process.on('SIGINT', exit).on('SIGTERM', exit);
  try {
    return await start();
  } finally {
    process.off('SIGINT', exit).off('SIGTERM', exit);
  }
}

function serveOptions(options: ListenOptions): ServeOptions {
  const { workers, isolation, listener, max, maxPerAddress, backlog, queue, idle, drain, driver } = options;
  return {
    workers,
    isolation,
    listener,
    maxConnections: max,
    maxPerAddress,
    backlog,
    queue,
    idle,
    drainTimeout: drain,
    driver,
    // Datagrams have neither a limit of connections nor of silence but that of their sessions.
    ...(max !== undefined && { maxSessions: max }),
    ...(idle !== undefined && { sessionIdle: idle }),
  };
}
