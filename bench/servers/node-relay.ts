/** Two node:net sockets and pipe(): `node-relay.ts TARGET`. */
import { type AddressInfo, connect, createServer } from 'node:net';
import { ready } from './ready.ts';

const port = Number(process.argv[2]);
const server = createServer({ noDelay: true, allowHalfOpen: true }, (from) => {
  const to = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true });
  from.on('error', () => to.destroy());
  to.on('error', () => from.destroy());
  from.pipe(to);
  to.pipe(from);
});
server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port));
