/** node:dgram echo: `node-udp.ts [no-lookup]`; addresses are numbers, and `no-lookup` keeps Node from resolving them. */
import { createSocket } from 'node:dgram';
import { ready } from './ready.ts';

const lookup = (
  host: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
) => done(null, host, 4);

const socket = createSocket(
  process.argv[2] === 'no-lookup' ? { type: 'udp4', lookup: lookup as never } : { type: 'udp4' },
);
socket.on('message', (message, remote) => socket.send(message, remote.port, remote.address));
socket.bind(0, '127.0.0.1', () => ready(socket.address().port));
