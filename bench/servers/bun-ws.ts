/** Bun.serve: `bun-ws.ts MODE`. Run by Bun. */
import { ready } from './ready.ts';

const isRoom = process.argv[2] === 'room';
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, own) {
    return own.upgrade(request) ? undefined : new Response(null, { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    open(socket) {
      if (isRoom) socket.subscribe('room');
    },
    message(socket, message) {
      if (isRoom) server.publish('room', message);
      else socket.send(message);
    },
  },
});
ready(server.port);
