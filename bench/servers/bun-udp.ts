/** Bun.udpSocket echo. Run by Bun. */
import { ready } from './ready.ts';

const socket = await Bun.udpSocket({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    data: (from, data, port, address) => void from.send(data, port, address),
  },
});
ready(socket.port);
