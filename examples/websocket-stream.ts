/**
 * The two faces of a WebSocket: messages, which keep their borders, and a stream of bytes, which any handler of connections
 * takes. What crosses the line is the same.
 *
 *     npm run example examples/websocket-stream.ts
 */
import { type Connection, drive } from 'modnet/core';
import { lines } from 'modnet/framing';
import { listen, ws } from 'modnet/transport';

/** Knows lines, and not that they come in messages of WebSocket. */
async function shout(connection: Connection): Promise<void> {
  await using channel = drive(connection, lines());
  for await (const line of channel) await channel.send(line.toUpperCase());
}

await using listener = await listen('ws://127.0.0.1:0/shout');
void listener.receive().then((connection) => connection && shout(connection));

const socket = await ws.messages.connect(listener.address);
await socket.send('half a line, ');
await socket.send('and the rest\n');
const answer = await socket.receive();
console.log(
  `a ${typeof answer === 'string' ? 'text' : 'binary'} message: ${Buffer.from(answer!).toString().trim()}`,
);
await socket.close();
console.log(`closed with ${socket.closeInfo?.code}`);
