/** A server for life.test.ts: serves as it is told, says where and with which workers, and heeds signals. */
import { type ServeOptions, serve, serverEvents } from '../index.ts';
import { testHandler } from './test-trial.ts';

const [handler, options] = process.argv.slice(2);
const server = await serve('tcp://127.0.0.1:0', testHandler(handler!), JSON.parse(options!) as ServeOptions);
const tell = (what: object): boolean => process.stdout.write(`${JSON.stringify(what)}\n`);
const pids = (): number[] => server.statistics().workers.map(({ pid }) => pid);
serverEvents.subscribe((event) => {
  const { event: name, message } = event as { event: string; message: string };
  tell({ event: name, message, pids: pids() });
});
tell({ event: 'ready', message: String(server.address), pids: pids() });
// What the test says last ends this process at once, as a crash of the server would.
process.stdin.on('data', () => process.exit(42));
process.stdin.unref();
const why = await server.closed;
if (why !== undefined) throw why;
