/** TLS on a connection that is open: whoever has spoken plaintext so far goes on in secret (STARTTLS). */
import type { Clock } from '../../core/clock.ts';
import { systemClock } from '../../core/clock.ts';
import type { ConnectionOptions } from '../../core/connection.ts';
import type { Abortable, HalfCloseable } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import type { Driver } from '../options.ts';
import { SecureConnection, SecureEndpoints } from './connection.ts';
import { HANDSHAKE_TIMEOUT, MAX_HANDSHAKES, type TlsConnection, type TlsOptions } from './options.ts';
import type { SecureWire } from './secure-wire.ts';
import { type ClientSide, clientSide, type ServerSide, serverSide } from './sides.ts';

export interface SecureOptions extends TlsOptions, Abortable, ConnectionOptions {
  readonly role: 'client' | 'server';
  /** Default as of a transport: `MODNET_DRIVER`, else the kernel's where it can be had. */
  readonly driver?: Driver | undefined;
}

/**
 * Shakes hands on the connection, which nobody must be reading: from now on it belongs to the one that is returned. What the peer
 * has sent ahead is part of the handshake; who has read too much gives it back with `detach` first.
 * @throws NetError when the handshake fails or takes too long, which ends the connection; `signal.reason`, likewise
 */
export async function secure(connection: HalfCloseable, options: SecureOptions): Promise<TlsConnection> {
  const { role, driver, signal, closeGrace, clock = systemClock, ...tls } = options;
  signal?.throwIfAborted();
  const settings: HandshakeSettings = { tls, clock, signal, closeGrace };
  if (role === 'server') {
    const side = serverSide({ tls, driver, clock, onTrouble: warn });
    return shakeAsServer(connection, side, settings);
  }
  const serverName = tls.serverName ?? hostOf(connection);
  const side = clientSide(tls, driver);
  return shakeAsClient(connection, side, serverName, settings);
}

export interface HandshakeSettings extends ConnectionOptions, Abortable {
  readonly tls: TlsOptions;
  readonly clock: Clock;
}

/** @param endpoints how the connection is to be called */
export function shakeAsClient(
  connection: HalfCloseable,
  side: ClientSide,
  serverName: string,
  settings: HandshakeSettings,
  endpoints: SecureEndpoints = new SecureEndpoints(connection, 'tls'),
): Promise<TlsConnection> {
  const wire = side.wrap(connection, endpoints.name, serverName);
  return finish(wire, endpoints, settings);
}

export function shakeAsServer(
  connection: HalfCloseable,
  side: ServerSide,
  settings: HandshakeSettings,
  scheme = 'tls',
): Promise<TlsConnection> {
  const endpoints = new SecureEndpoints(connection, scheme);
  return finish(
    side.wrap(connection, () => endpoints.name),
    endpoints,
    settings,
  );
}

/** At once: its handshake runs inside, and whoever reads or writes waits for it. */
export function adoptAsServer(
  connection: HalfCloseable,
  side: ServerSide,
  settings: HandshakeSettings,
  scheme = 'tls',
): TlsConnection {
  const endpoints = new SecureEndpoints(connection, scheme);
  const wire = side.wrap(connection, () => endpoints.name);
  limit(wire, endpoints, settings);
  limitNumber(wire, side, endpoints, settings.tls.maxHandshakes ?? MAX_HANDSHAKES);
  return new SecureConnection(wire, endpoints, settings);
}

/** Handshakes under way of adopted sockets. */
const shaking = new WeakMap<ServerSide, number>();

/** The socket has been accepted already, so that one too many cannot wait: it is refused. */
function limitNumber(wire: SecureWire, side: ServerSide, endpoints: SecureEndpoints, max: number): void {
  const before = shaking.get(side) ?? 0;
  shaking.set(side, before + 1);
  const done = (): void => void shaking.set(side, shaking.get(side)! - 1);
  wire.secured.then(done, done);
  if (before < max) return;
  const words = `The TLS handshake with ${endpoints.name} was refused: ${max} others are under way`;
  wire.fail(new NetError('limit', words));
}

async function finish(
  wire: SecureWire,
  endpoints: SecureEndpoints,
  settings: HandshakeSettings,
): Promise<TlsConnection> {
  limit(wire, endpoints, settings);
  await wire.secured;
  return new SecureConnection(wire, endpoints, settings);
}

/** Ends the handshake at its deadline, or when nobody wants it any more. */
function limit(wire: SecureWire, endpoints: SecureEndpoints, settings: HandshakeSettings): void {
  const { signal, clock, tls } = settings;
  const timeout = tls.handshakeTimeout ?? HANDSHAKE_TIMEOUT;
  const onAbort = (): void => wire.abort(signal?.reason);
  const timer = clock.after(timeout, () => {
    const words = `The TLS handshake with ${endpoints.name} failed: the peer did not finish it within ${timeout} ms`;
    wire.fail(new NetError('timeout', words));
  });
  signal?.addEventListener('abort', onAbort, { once: true });
  const done = (): void => {
    timer.cancel();
    signal?.removeEventListener('abort', onAbort);
  };
  wire.secured.then(done, done);
}

/** Where nobody listens for trouble. */
export function warn(error: Error): void {
  process.emitWarning(error.message, 'ModnetWarning');
}

function hostOf({ remote }: HalfCloseable): string {
  return remote.kind === 'inet' ? remote.host : 'localhost';
}
