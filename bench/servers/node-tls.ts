/** node:tls: `node-tls.ts MODE`. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { ready } from './ready.ts';
import { TLS_CERTIFICATE } from './tls-certificate.ts';

const CHUNK = Buffer.alloc(64 * 1024);

function echo(socket: TLSSocket): void {
  socket.on('data', (chunk) => {
    if (!socket.write(chunk)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
}

function fill(socket: TLSSocket): void {
  const write = () => {
    while (socket.write(CHUNK));
  };
  socket.on('drain', write);
  write();
}

const MODES: Record<string, (socket: TLSSocket) => unknown> = {
  echo,
  discard: (socket) => socket.on('data', () => {}),
  source: fill,
  hello: (socket) => socket.resume().write('x'),
};

const serve = MODES[process.argv[2] ?? '']!;
const pem = readFileSync(TLS_CERTIFICATE);
const server = createServer({ cert: pem, key: pem, noDelay: true }, (socket) => {
  socket.on('error', () => {});
  serve(socket);
});
server.on('tlsClientError', () => {});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () =>
  ready((server.address() as AddressInfo).port),
);
