/** modnet over WebSocket: `modnet-ws.ts MODE DRIVER`. */
import { ws } from '../../src/transport/index.ts';
import {
  prepareMessage,
  type WebSocketChannel,
  type WebSocketWire,
} from '../../src/transport/websocket/index.ts';
import { ready } from './ready.ts';

const room = new Set<WebSocketWire>();

function echoPush(socket: WebSocketChannel): void {
  const wire = socket.attach({
    onMessage(message) {
      if (!wire.push(message)) wire.pause();
    },
    onDrain: () => wire.resume(),
    onClose() {},
  });
}

async function echoPull(socket: WebSocketChannel): Promise<void> {
  for (let message = await socket.receive(); message !== null; message = await socket.receive())
    await socket.send(message);
}

function joinRoom(socket: WebSocketChannel): void {
  const wire = socket.attach({
    onMessage(message) {
      const prepared = prepareMessage(message);
      for (const member of room) member.push(prepared);
    },
    onClose: () => void room.delete(wire),
  });
  room.add(wire);
}

const MODES: Record<string, (socket: WebSocketChannel) => unknown> = {
  'echo-push': echoPush,
  'echo-pull': echoPull,
  room: joinRoom,
};

const [mode = '', driver] = process.argv.slice(2);
const serve = MODES[mode]!;
const listener = await ws.messages.listen('ws://127.0.0.1:0', {
  driver: driver === 'node' ? 'node' : 'kernel',
  socket: { backlog: 4096 },
});
if (listener.address.kind === 'inet') ready(listener.address.port);
for await (const socket of listener) {
  // Clients of the load generator vanish when it ends.
  Promise.resolve(serve(socket)).catch(() => {});
}
