/** Unix sockets on `node:net`. */
import { existsSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Acceptor } from '../../core/accept-queue.ts';
import { type UnixAddress, unixAddress } from '../../core/address.ts';
import { NetError, systemError, toNetError } from '../../core/error.ts';
import { NodeStreamWire } from '../../core/node-stream.ts';
import type { SocketOptions } from '../../kernel/index.ts';
import { BACKLOG, Backlog } from '../backlog.ts';
import { listenError } from '../listen-error.ts';
import { checkNodeOptions } from '../node-options.ts';
import { type ListenEvents, type Opened, UNNAMED, type UnixDriver } from './driver.ts';

/** Bytes of `sun_path` less its NUL (unix(7)); Node would cut a longer one off. */
const MAX_PATH = 107;

export const nodeUnix: UnixDriver = { connect, listen };

async function connect(remote: UnixAddress, options: SocketOptions, signal: AbortSignal): Promise<Opened> {
  checkNodeOptions(options, ['backlog'], remote);
  const path = nodePath(remote);
  return await new Promise((resolve, reject) => {
    const socket = createConnection({ path, allowHalfOpen: true });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    const onError = (error: Error): void => reject(toNetError(error, `Cannot connect to ${remote}`));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      socket.removeListener('error', onError);
      resolve(open(socket, unixAddress(UNNAMED), remote));
    });
  });
}

async function listen(address: UnixAddress, options: SocketOptions, events: ListenEvents): Promise<Acceptor> {
  checkNodeOptions(options, ['backlog'], address);
  const path = nodePath(address);
  const limit = options.backlog ?? BACKLOG;
  const backlog = new Backlog<Opened>(limit, (opened) => events.onAccept(opened));
  const server = createServer({ allowHalfOpen: true });
  server.on('connection', (socket) => {
    const opened = open(socket, address, unixAddress(UNNAMED));
    if (backlog.add(opened)) return;
    opened.wire.abort();
    events.onTrouble(
      new NetError('limit', `Refused a connection on ${address}: ${limit} wait to be accepted`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(errnoOf(error, address), address, error)));
    server.listen({ path, backlog: limit, exclusive: true }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', (error) => events.onTrouble(toNetError(error, `Cannot accept on ${address}`)));
  return {
    pause: () => backlog.pause(),
    resume: () => backlog.resume(),
    close() {
      server.close();
      for (const opened of backlog.clear()) opened.wire.abort();
    },
  };
}

function open(socket: Socket, local: UnixAddress, remote: UnixAddress): Opened {
  const named = remote.path === UNNAMED ? local : remote;
  const wire = new NodeStreamWire(socket, () => `The connection with ${named} was lost`);
  return { wire, endpoints: { local, remote } };
}

/** libuv says EACCES where bind(2) says ENOENT, for the sake of Windows. */
function errnoOf(error: NodeJS.ErrnoException, address: UnixAddress): string {
  const isFolderMissing = !address.abstract && !existsSync(dirname(address.path));
  return error.code === 'EACCES' && isFolderMissing ? 'ENOENT' : (error.code ?? 'EIO');
}

function nodePath(address: UnixAddress): string {
  const bytes = Buffer.byteLength(address.path);
  if (bytes > MAX_PATH) {
    throw new NetError('limit', `The path of ${address} has ${bytes} bytes; a Unix socket takes ${MAX_PATH}`);
  }
  if (address.abstract && process.platform !== 'linux') {
    throw systemError('EAFNOSUPPORT', `Cannot use ${address}`, {
      hint: 'abstract names exist on Linux only',
    });
  }
  return address.abstract ? `\0${address.path}` : address.path;
}
