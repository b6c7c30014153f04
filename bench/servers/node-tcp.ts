/** node:net: `node-tcp.ts MODE`. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ready } from './ready.ts';

const CHUNK = Buffer.alloc(64 * 1024);

function echo(socket: Socket): void {
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
}

function fill(socket: Socket): void {
  const write = () => {
    while (socket.write(CHUNK));
  };
  socket.on('drain', write);
  write();
}

const MODES: Record<string, (socket: Socket) => unknown> = {
  echo,
  discard: (socket) => socket.on('data', () => {}),
  source: fill,
  end: (socket) => socket.resume().end(),
  destroy: (socket) => socket.destroy(),
  reset: (socket) => socket.resetAndDestroy(),
};

const serve = MODES[process.argv[2] ?? '']!;
const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  serve(socket);
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  ready((server.address() as AddressInfo).port),
);
