/**
 * An application of Hono, unchanged, on a server of modnet.
 *
 *     node -C modnet-source examples/hono.ts
 *
 * It serves three requests to itself and drains.
 */
import { Hono } from 'hono';
import { serveHttp } from 'modnet/service/http';

const app = new Hono();
app.use(async (context, next) => {
  await next();
  context.header('x-served-by', 'modnet');
});
app.get('/', (context) => context.text('Hello from Hono'));
app.get('/users/:id', (context) =>
  context.json({ id: context.req.param('id'), sort: context.req.query('sort') }),
);
app.post('/echo', async (context) => context.json(await context.req.json()));

await using server = await serveHttp('http://127.0.0.1:0', app.fetch);

const hello = await fetch(`${server.address}/`);
console.log(hello.headers.get('x-served-by'), await hello.text());
console.log(await (await fetch(`${server.address}/users/7?sort=name`)).text());
const echo = await fetch(`${server.address}/echo`, { method: 'POST', body: '{"said":"twice"}' });
console.log(echo.status, await echo.text());
