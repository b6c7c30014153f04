/**
 * HTTP/2 on the port of HTTP/1.1: two answers whose parts take turns on one connection, hints before an answer, fields behind
 * it, and the frames that carry all that.
 *
 *     node -C modnet-source examples/http2.ts
 *
 * The handler knows nothing of it. A client of Node's asks; who wants to see frames subscribes.
 */
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect } from 'node:http2';
import { describeFrame } from 'modnet/protocol/http2';
import {
  earlyHints,
  type Http2FrameEvent,
  type HttpHandler,
  HttpResponse,
  pathOf,
  serveHttp,
} from 'modnet/service/http';

const handler: HttpHandler = (request, { version }) => {
  if (pathOf(request) === '/page') {
    earlyHints(request, { link: '</style.css>; rel=preload; as=style' });
    return HttpResponse.html(`<p>Over ${version}</p>`);
  }
  const parts = count(pathOf(request));
  return new HttpResponse(parts, { trailers: () => ({ 'x-parts': '3' }) });
};

async function* count(name: string): AsyncGenerator<string> {
  for (let part = 1; part <= 3; part++) {
    yield `${name} ${part}`;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const server = await serveHttp('http://127.0.0.1:0', handler, { signals: false });
console.log(`The same port over HTTP/1.1: ${await (await fetch(`${server.address}/page`)).text()}`);

const session = connect(String(server.address));

/** Prints what comes, as it comes. */
async function ask(path: string): Promise<void> {
  const stream = session.request({ ':path': path }).setEncoding('utf8');
  stream.on('headers', ({ ':status': status, link }) => console.log(`${path}: ${status} ${link}`));
  stream.on('data', (text) => console.log(`  ${path}: ${text}`));
  stream.on('trailers', (fields) => console.log(`${path}: ${fields['x-parts']} parts`));
  await once(stream, 'close');
}

await ask('/page');

subscribe('modnet:http2:frame', (event) => {
  const frame = event as Http2FrameEvent;
  console.log(`${frame.direction === 'in' ? '<' : '>'} ${describeFrame(frame)}`);
});
await Promise.all([ask('/a'), ask('/b')]);
session.close();
await server.close();
console.log(`${server.statistics().http?.requests} requests, ${server.statistics().accepted} connections`);
