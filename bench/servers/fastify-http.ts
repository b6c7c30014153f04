/** Fastify: `fastify-http.ts MODE`. */
import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { HELLO, MARKS, userOf } from './http-answers.ts';
import { ready } from './ready.ts';

const app = fastify();

if (process.argv[2] === 'json') {
  for (const [name, value] of Object.entries(MARKS))
    app.addHook('onRequest', async (_request, reply) => void reply.header(name, value));
  app.get<{ Params: { id: string } }>('/users/:id', async ({ params }) => userOf(params.id));
} else {
  app.get('/', (_request, reply) => void reply.type('text/plain;charset=UTF-8').send(HELLO));
}

await app.listen({ host: '127.0.0.1', port: 0 });
ready((app.server.address() as AddressInfo).port);
