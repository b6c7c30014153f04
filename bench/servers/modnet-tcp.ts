/** modnet over TCP: `modnet-tcp.ts MODE DRIVER`. */
import { tcp } from '../../src/transport/tcp/index.ts';
import { STREAM_MODES } from './modnet-streams.ts';
import { ready } from './ready.ts';

const [mode = '', driver] = process.argv.slice(2);
const serve = STREAM_MODES[mode]!;
const listener = await tcp.listen('tcp://127.0.0.1:0', {
  driver: driver === 'node' ? 'node' : 'kernel',
  socket: { noDelay: true, backlog: 4096 },
});
if (listener.address.kind === 'inet') ready(listener.address.port);
for await (const connection of listener) {
  // Clients of the load generator vanish when it ends.
  Promise.resolve(serve(connection)).catch(() => {});
}
