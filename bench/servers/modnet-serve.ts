/** modnet's `serve`: `modnet-serve.ts HANDLER ARCHITECTURE [WORKERS [ISOLATION]]`. */
import { type Architecture, serve } from '../../src/server/index.ts';
import { ready } from './ready.ts';

const [handler = '', architecture, workers, isolation] = process.argv.slice(2);
const server = await serve('tcp://127.0.0.1:0', new URL(`./handlers/${handler}.ts`, import.meta.url), {
  architecture: architecture as Architecture,
  workers: workers === undefined ? undefined : Number(workers),
  isolation: isolation as 'threads' | undefined,
  backlog: 4096,
  signals: false,
});
if (server.address.kind === 'inet') ready(server.address.port);
