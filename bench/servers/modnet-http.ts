/** modnet over HTTP: `modnet-http.ts MODE DRIVER [FOLDER]`. */
import { serveFiles } from '../../src/service/http/files/index.ts';
import { type HttpHandler, HttpResponse, type Middleware, serveHttp } from '../../src/service/http/index.ts';
import { Router } from '../../src/service/http/routing/index.ts';
import { HELLO, MARKS, userOf } from './http-answers.ts';
import { ready } from './ready.ts';

const [mode = '', driver, folder = ''] = process.argv.slice(2);

const MODES: Record<string, () => HttpHandler> = {
  hello: () => () => new HttpResponse(HELLO),
  json: routed,
  static: () => serveFiles(folder),
};

/** Middlewares as people write them. */
function mark(name: string, value: string): Middleware {
  return async (_request, _context, next) => {
    const response = await next();
    response.headers.set(name, value);
    return response;
  };
}

function routed(): HttpHandler {
  const router = new Router();
  router.use(...Object.entries(MARKS).map(([name, value]) => mark(name, value)));
  router.get('/users/:id', (_request, { params }) => HttpResponse.json(userOf(params.id)));
  return router.fetch;
}

const server = await serveHttp('http://127.0.0.1:0', MODES[mode]!(), {
  driver: driver === 'node' ? 'node' : 'kernel',
  requestsPerConnection: Number.POSITIVE_INFINITY,
  signals: false,
});
if (server.address.kind === 'inet') ready(server.address.port);
