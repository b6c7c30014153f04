/** modnet's datagram echo at the push level: `modnet-udp.ts DRIVER`. */
import { type DatagramSender, udp } from '../../src/transport/udp/index.ts';
import { ready } from './ready.ts';

const socket = await udp.bind('udp://127.0.0.1:0', {
  driver: process.argv[2] === 'node' ? 'node' : 'kernel',
});
const sender: DatagramSender = socket.attach({
  // What does not fit is dropped and counted, as UDP has it.
  onDatagram: (data, remote) => void sender.push(data, remote),
  onError: () => {},
  onClose: () => {},
});
if (socket.local.kind === 'inet') ready(socket.local.port);
