/** The package `ws`: `ws-ws.ts MODE`. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { ready } from './ready.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4096, perMessageDeflate: false });
server.on('listening', () => ready((server.address() as AddressInfo).port));
const isRoom = process.argv[2] === 'room';
server.on('connection', (socket) => {
  // Clients of the load generator vanish when it ends.
  socket.on('error', () => {});
  socket.on('message', (message, binary) => {
    if (!isRoom) socket.send(message, { binary });
    else for (const member of server.clients) member.send(message, { binary });
  });
});
