/** modnet's relay: `modnet-relay.ts DRIVER TARGET`. */
import { relay } from '../../src/service/relay/index.ts';
import { ready } from './ready.ts';

const [driver, target] = process.argv.slice(2);
const running = await relay('tcp://127.0.0.1:0', `tcp://127.0.0.1:${target}`, {
  driver: driver === 'node' ? 'node' : 'kernel',
});
if (running.address.kind === 'inet') ready(running.address.port);
