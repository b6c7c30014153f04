/** modnet over TLS: `modnet-tls.ts MODE DRIVER`. */
import { tls } from '../../src/transport/index.ts';
import { STREAM_MODES } from './modnet-streams.ts';
import { ready } from './ready.ts';
import { TLS_CERTIFICATE } from './tls-certificate.ts';

const [mode = '', driver] = process.argv.slice(2);
const serve = STREAM_MODES[mode]!;
const listener = await tls.listen('tls://127.0.0.1:0', {
  driver: driver === 'node' ? 'node' : 'kernel',
  socket: { noDelay: true, backlog: 4096 },
  tls: { cert: TLS_CERTIFICATE },
});
if (listener.address.kind === 'inet') ready(listener.address.port);
for await (const connection of listener) {
  // Clients of the load generator vanish when it ends.
  Promise.resolve(serve(connection)).catch(() => {});
}
