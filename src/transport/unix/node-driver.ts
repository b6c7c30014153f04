/** Unix sockets on `node:net`. */
import { existsSync } from 'node:fs';
import { createConnection, createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Acceptor } from '../../core/accept-queue.ts';
import { type UnixAddress, unixAddress } from '../../core/address.ts';
import { NetError, systemError } from '../../core/error.ts';
import { NodeStreamWire } from '../../core/node-stream.ts';
import type { SocketOptions } from '../../kernel/index.ts';
import { BACKLOG } from '../backlog.ts';
import { listenError } from '../listen-error.ts';
import { checkNodeOptions } from '../node-options.ts';
import { acceptOn, connected } from '../node-sockets.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';
import { UNNAMED, type UnixDriver } from './driver.ts';

/** Bytes of `sun_path` less its NUL (unix(7)); Node would cut a longer one off. */
const MAX_PATH = 107;

export const nodeUnix: UnixDriver = { connect, listen };

async function connect(remote: UnixAddress, options: SocketOptions, signal: AbortSignal): Promise<Opened> {
  checkNodeOptions(options, ['backlog'], remote);
  const path = nodePath(remote);
  const socket = createConnection({ path, allowHalfOpen: true });
  const what = `Cannot connect to ${remote}`;
  return await connected(socket, what, signal, () => open(socket, unixAddress(UNNAMED), remote));
}

async function listen(address: UnixAddress, options: SocketOptions, events: ListenEvents): Promise<Acceptor> {
  checkNodeOptions(options, ['backlog'], address);
  const path = nodePath(address);
  const limit = options.backlog ?? BACKLOG;
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenError(errnoOf(error, address), address, error)));
    server.listen({ path, backlog: limit, exclusive: true }, resolve);
  });
  server.removeAllListeners('error');
  return acceptOn(server, address, limit, events, (socket) => open(socket, address, unixAddress(UNNAMED)));
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
