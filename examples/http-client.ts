/**
 * Requests over connections that are kept, in memory and over TCP alike: a body that streams both ways, a redirect, what
 * took how long, and what is said when nobody answers.
 *
 *     npm run example examples/http-client.ts
 */
import { HttpClient, type HttpHandler, HttpResponse, pathOf, serveHttp } from 'modnet/service/http';

const handler: HttpHandler = (request) => {
  if (pathOf(request) === '/old') return HttpResponse.redirect('/new');
  if (pathOf(request) === '/new') return HttpResponse.json({ found: true });
  return new HttpResponse(request.body);
};

async function* letters(): AsyncGenerator<string> {
  yield 'one piece ';
  yield 'after another';
}

for (const address of ['http://127.0.0.1:0', 'memory:example-client']) {
  const server = await serveHttp(address, handler, { signals: false });
  // By address, the name in the URL is only what the server is told.
  await using client = new HttpClient({
    address: String(server.address).replace('http:', 'tcp:'),
    timeout: 5_000,
  });

  const echo = await client.request('http://example/', { method: 'POST', body: letters() });
  for await (const chunk of echo.body) console.log(`${echo.status} ${Buffer.from(chunk)}`);

  const moved = await client.request('http://example/old');
  console.log(await moved.json(), `by way of ${moved.redirects.join(', ')}`);

  const { connected, reused } = client.statistics;
  console.log(`${connected} connection, used again ${reused} times`);
  await client.close();
  await server.close();
}

await using client = new HttpClient();
await client.request('http://127.0.0.1:1/').catch((error) => console.log(`${error.step}: ${error.message}`));
