/** node:http: `node-http.ts MODE`. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HELLO, MARKS, userOf } from './http-answers.ts';
import { ready } from './ready.ts';

const PREFIX = '/users/';

const MODES: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
  hello(_request, response) {
    response.setHeader('content-type', 'text/plain;charset=UTF-8');
    response.end(HELLO);
  },
  /** Without any framework, and without middlewares: the fields are set by hand. */
  json(request, response) {
    const { url = '' } = request;
    if (!url.startsWith(PREFIX)) {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    for (const name in MARKS) response.setHeader(name, MARKS[name]!);
    response.end(JSON.stringify(userOf(url.slice(PREFIX.length))));
  },
};

const server = createServer(MODES[process.argv[2] ?? '']!);
server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port));
