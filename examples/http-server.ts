/**
 * A server of HTTP: an answer at once, one that is made while it is sent, one that takes over the connection.
 *
 *     node -C modnet-source examples/http-server.ts
 *
 * A handler has the shape of Fetch. It asks itself over HTTP and drains.
 */
import type { HalfCloseable } from 'modnet/core';
import { type HttpHandler, HttpResponse, pathOf, serveHttp } from 'modnet/service/http';
import { connect } from 'modnet/transport';

const handler: HttpHandler = (request) => {
  if (pathOf(request) === '/count') return new HttpResponse(count(request.signal));
  if (pathOf(request) === '/shout') return HttpResponse.upgrade({}, shout);
  return new HttpResponse(`You asked for ${pathOf(request)}\n`);
};

/** Pulled no faster than the client reads; ends early when the client is gone. */
async function* count(signal: AbortSignal): AsyncGenerator<string> {
  for (let number = 1; number <= 3 && !signal.aborted; number++) yield `${number}\n`;
}

/** From here on it is no HTTP. */
async function shout(connection: HalfCloseable): Promise<void> {
  for await (const chunk of connection) await connection.write(Buffer.from(textOf(chunk).toUpperCase()));
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? '' : Buffer.from(bytes).toString();
}

await using server = await serveHttp('http://127.0.0.1:0', handler, {
  accessLog: { format: 'common', write: (line) => console.log(line.replace(/ - - \[.*?\]/, '').trimEnd()) },
});

await (await fetch(`${server.address}/hello`)).text();
await (await fetch(`${server.address}/count`)).text();

await using client = await connect(`${server.address}`.replace('http:', 'tcp:'));
const head = 'GET /shout HTTP/1.1\r\nHost: example.net\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n';
await client.write(Buffer.from(`${head}heard?`));
await client.end();
let heard = '';
for await (const chunk of client) heard += textOf(chunk);
console.log(heard.split('\r\n').at(-1));
