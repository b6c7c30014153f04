/**
 * A room on a web server: what one says, all hear. The page and the sockets share a port, and a message is encoded once for all.
 *
 *     npm run example examples/websocket-room.ts serve     then open the address in two windows
 *     npm run example examples/websocket-room.ts           three talk by themselves, and it ends
 */
import { HttpResponse, type HttpServer, serveHttp, upgradeWebSocket } from 'modnet/service/http';
import { ws } from 'modnet/transport';
import { prepareMessage, type WebSocketChannel, type WebSocketWire } from 'modnet/transport/websocket';

const PAGE = `<!doctype html><title>A room</title>
<form><input autofocus placeholder="Say something"></form><ul></ul>
<script>
  const socket = new WebSocket(location.href.replace('http', 'ws') + 'room');
  const [input] = document.forms[0].elements;
  document.forms[0].onsubmit = () => { socket.send(input.value); input.value = ''; return false; };
  socket.onmessage = ({ data }) => { document.querySelector('ul').append(Object.assign(document.createElement('li'), { textContent: data })); };
</script>`;

const room = new Set<WebSocketWire>();

/** The push level: plain calls, and no promise for each of the many deliveries. */
function join(socket: WebSocketChannel): void {
  const member = socket.attach({
    onMessage(text) {
      const message = prepareMessage(text);
      for (const each of room) each.push(message);
    },
    onClose: () => void room.delete(member),
  });
  room.add(member);
}

function open(address: string): Promise<HttpServer> {
  return serveHttp(address, (request, context) =>
    new URL(request.url).pathname === '/room'
      ? upgradeWebSocket(request, context, { compression: true }, join)
      : HttpResponse.html(PAGE),
  );
}

async function play(): Promise<void> {
  await using server = await open('http://127.0.0.1:0');
  const url = `${String(server.address).replace('http', 'ws')}/room`;
  const sockets = await Promise.all(['anna', 'ben', 'cleo'].map(() => ws.messages.connect(url)));
  await sockets[0]!.send('Is anybody here?');
  for (const socket of sockets) console.log(await socket.receive());
  await Promise.all(sockets.map((socket) => socket.close({ reason: 'good night' })));
  console.log(`closed with ${sockets[0]!.closeInfo?.code}`);
}

if (process.argv[2] === 'serve') console.log(`open ${(await open('http://127.0.0.1:8080')).address}`);
else await play();
