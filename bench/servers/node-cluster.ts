/** node:cluster: `node-cluster.ts HANDLER WORKERS`. */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { burn } from './burn.ts';
import { ready } from './ready.ts';

const [handler = '', workers = '2'] = process.argv.slice(2);

const HANDLERS: Record<string, (socket: Socket, chunk: Buffer) => void> = {
  echo(socket, chunk) {
    if (!socket.write(chunk)) socket.pause();
  },
  burn(socket, chunk) {
    burn();
    socket.write(chunk);
  },
};

if (cluster.isPrimary) await lead();
else serve();

async function lead(): Promise<void> {
  let port = 0;
  for (let count = 0; count < Number(workers); count++) {
    cluster.fork();
    const [, address] = (await once(cluster, 'listening')) as [unknown, AddressInfo];
    port = address.port;
  }
  ready(port);
}

function serve(): void {
  const answer = HANDLERS[handler]!;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => answer(socket, chunk));
    socket.on('drain', () => socket.resume());
  });
  // All workers get the one port that the first was given.
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 });
}
