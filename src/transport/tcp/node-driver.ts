/** TCP on `node:net`. */
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { type InetAddress, inetAddress, withPort } from '../../core/address.ts';
import { NodeStreamWire } from '../../core/node-stream.ts';
import type { SocketOptions } from '../../kernel/index.ts';
import { BACKLOG } from '../backlog.ts';
import { listenError } from '../listen-error.ts';
import { checkNodeOptions } from '../node-options.ts';
import { acceptOn, connected } from '../node-sockets.ts';
import type { Candidate } from '../resolve.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';
import { type Listening, NO_DELAY, type TcpDriver } from './driver.ts';

export const nodeTcp: TcpDriver = { connect, listen };

async function connect(
  candidate: Candidate,
  asked: InetAddress,
  options: SocketOptions,
  signal: AbortSignal,
): Promise<Opened> {
  checkNodeOptions(options, ['noDelay', 'keepAlive', 'keepAliveIdle'], asked);
  const { host, port, family } = candidate;
  const socket = createConnection({ host, port, family, allowHalfOpen: true, ...settings(options) });
  return await connected(socket, host, signal, () => open(socket, inetAddress('tcp', host, port)));
}

async function listen(
  candidate: Candidate,
  asked: InetAddress,
  options: SocketOptions,
  events: ListenEvents,
): Promise<Listening> {
  checkNodeOptions(
    options,
    ['noDelay', 'keepAlive', 'keepAliveIdle', 'backlog', 'reusePort', 'reuseAddress', 'ipv6Only'],
    asked,
  );
  return await new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, ...settings(options) });
    const onError = (error: NodeJS.ErrnoException): void =>
      reject(listenError(error.code ?? 'EIO', asked, error));
    server.once('error', onError);
    const where = {
      host: candidate.host,
      port: candidate.port,
      backlog: options.backlog ?? BACKLOG,
      ipv6Only: options.ipv6Only ?? false,
      reusePort: options.reusePort ?? false,
      // Sharing among the processes of node:cluster is not ours.
      exclusive: true,
    };
    server.listen(where, () => {
      server.removeListener('error', onError);
      const address = withPort(asked, (server.address() as AddressInfo).port);
      resolve({ address, acceptor: acceptOn(server, address, where.backlog, events, open) });
    });
  });
}

function settings(options: SocketOptions) {
  return {
    noDelay: options.noDelay ?? NO_DELAY,
    keepAlive: options.keepAlive ?? false,
    keepAliveInitialDelay: (options.keepAliveIdle ?? 0) * 1000,
  };
}

/** Node forgets the addresses when the socket closes, so they are taken at once. */
function open(socket: Socket, remote?: InetAddress): Opened {
  const endpoints = {
    local: named(socket.localAddress, socket.localPort),
    remote: remote ?? named(socket.remoteAddress, socket.remotePort),
  };
  const wire = new NodeStreamWire(socket, () => `The connection with ${endpoints.remote} was lost`);
  return { wire, endpoints };
}

/** IPv4 that reached a dual-stack socket is shown as IPv4 (RFC 4291 section 2.5.5.2). */
function named(host: string | undefined, port: number | undefined): InetAddress {
  return inetAddress('tcp', (host ?? '0.0.0.0').replace(/^::ffff:(?=[\d.]+$)/, ''), port ?? 0);
}
