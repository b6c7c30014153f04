/**
 * Routes, middleware, a form with a file, and events, as one would write a small service.
 *
 *     npm run example examples/http-routes.ts
 *
 * It asks itself and ends.
 */
import {
  basicAuth,
  compress,
  decodeEvents,
  eventStream,
  formErrors,
  formParts,
  HttpResponse,
  Router,
  requestId,
  type ServerSentEvent,
  sameOrigin,
  securityHeaders,
  serveHttp,
  userOf,
} from 'modnet/service/http';

async function* countdown(from: number): AsyncGenerator<ServerSentEvent> {
  for (let left = from; left >= 0; left--)
    yield { id: String(left), data: left === 0 ? 'lift-off' : String(left) };
}

const admin = new Router()
  .use(basicAuth({ users: { ada: 'lovelace' } }))
  .get('/', (request) => HttpResponse.text(`Welcome, ${userOf(request)}`));

const router = new Router()
  .use(requestId(), securityHeaders(), sameOrigin(), compress())
  // `params` has the names of the pattern: another one would not compile.
  .get('/hello/:name', (_request, { params }) => HttpResponse.text(`Hello, ${params.name}`))
  .get('/countdown/:from', (request, { params, draining }) =>
    eventStream(request, countdown(Number(params.from)), { until: draining }),
  )
  .post('/upload', formErrors(), async (request) => {
    const told: string[] = [];
    for await (const part of formParts(request)) {
      if (part.kind === 'field') told.push(`${part.name}=${part.value}`);
      else {
        let bytes = 0;
        for await (const chunk of part.content) bytes += chunk.length;
        told.push(`${part.filename} (${part.type}, ${bytes} bytes)`);
      }
    }
    return HttpResponse.json(told);
  })
  .mount('/admin', admin);

const server = await serveHttp('http://127.0.0.1:0', router.fetch);
const url = (path: string): string => `${server.address}${path}`;

console.log(await (await fetch(url('/hello/J%C3%BCrgen'))).text());
for (const [method, path] of [
  ['DELETE', '/hello/you'],
  ['GET', '/nowhere'],
  ['GET', '/hello/%ff'],
  ['GET', '/admin'],
]) {
  const { status, headers } = await fetch(url(path!), { method: method! });
  console.log(method, path, status, headers.get('allow') ?? headers.get('www-authenticate') ?? '');
}
const headers = { authorization: `Basic ${btoa('ada:lovelace')}` };
console.log(await (await fetch(url('/admin'), { headers })).text());

const form = new FormData();
form.append('title', 'A letter');
form.append('file', new File(['Dear reader'], 'letter.txt', { type: 'text/plain' }));
console.log(await (await fetch(url('/upload'), { method: 'POST', body: form })).json());

const events = await fetch(url('/countdown/3'));
for await (const { id, data } of decodeEvents(events.body!)) console.log(`event ${id}: ${data}`);
await server.close();
