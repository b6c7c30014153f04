/** Servers of `node:http` for the tests of clients. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** Where it listens: `127.0.0.1:PORT`, or the path. */
export async function listening(server: Server, at?: string): Promise<string> {
  if (at === undefined) server.listen(0, '127.0.0.1');
  else server.listen(at);
  await once(server, 'listening');
  return at === undefined ? `127.0.0.1:${(server.address() as AddressInfo).port}` : at;
}

/** A server of node:http for one test. */
export async function node(
  t: TestContext,
  handler: RequestListener,
): Promise<{ url: string; server: Server }> {
  const server = createServer(handler);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://${await listening(server)}`, server };
}
