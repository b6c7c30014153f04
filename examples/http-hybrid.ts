/**
 * A server of HTTP with two event loops on one port.
 *
 *     node -C modnet-source examples/http-hybrid.ts
 *
 * Its handler runs in other threads, so it is a module of its own, named by its URL. It asks itself until both have
 * answered, and drains.
 */
import { serveHttp } from 'modnet/service/http';

const handler = new URL('./handlers/http-hello.ts', import.meta.url);
await using server = await serveHttp('http://127.0.0.1:0', handler, { architecture: 'hybrid', workers: 2 });

const threads = new Set<string>();
let hello = '';
while (threads.size < 2) {
  const headers = { connection: 'close' };
  for (const answer of await Promise.all(
    [1, 2, 3, 4].map(() => fetch(`${server.address}/world`, { headers })),
  )) {
    threads.add(answer.headers.get('x-thread')!);
    hello = await answer.text();
  }
}
console.log(hello, 'from', threads.size, 'threads');
