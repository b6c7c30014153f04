/**
 * Clients of others on the transports of modnet: undici and node:http talk to a server that has no port, in memory and on a
 * Unix socket. They keep their own pools; only the connections are modnet's.
 *
 *     npm run example examples/undici-on-modnet.ts
 */
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { HttpResponse, serveHttp, toAgent, toConnector } from 'modnet/service/http';
import { Agent, fetch } from 'undici';

for (const address of ['memory:example-undici', `unix:@modnet-example-${process.pid}`]) {
  const server = await serveHttp(
    address,
    (request) => new HttpResponse(`${request.method} over ${server.address}`),
    {
      signals: false,
    },
  );

  const dispatcher = new Agent({ connect: toConnector({ address }) });
  const answer = await fetch('http://example/', { method: 'POST', body: 'hello', dispatcher });
  console.log(`undici     ${await answer.text()}`);
  await dispatcher.close();

  const agent = toAgent({ address });
  const message = await new Promise<string>((resolve) => {
    get('http://example/', { agent }, (response) => resolve(text(response)));
  });
  console.log(`node:http  ${message.replaceAll(String(process.pid), 'N')}`);
  agent.destroy();
  await server.close();
}
