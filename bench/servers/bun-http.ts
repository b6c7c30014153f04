/** Bun.serve: `bun-http.ts MODE`. Run by Bun. */
import { HELLO, MARKS, userOf } from './http-answers.ts';
import { ready } from './ready.ts';

const PREFIX = '/users/';

const MODES: Record<string, (request: Request) => Response> = {
  hello: () => new Response(HELLO),
  json(request) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith(PREFIX)) return new Response(null, { status: 404 });
    return Response.json(userOf(pathname.slice(PREFIX.length)), { headers: MARKS });
  },
};

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: MODES[process.argv[2] ?? '']! });
ready(server.port);
