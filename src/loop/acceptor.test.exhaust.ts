/** Run by acceptor.test.ts under a low limit of descriptors: uses them up, connects, and frees them after the trouble. */
import {
  AF_UNIX,
  bind,
  close,
  connect,
  listen,
  pipe2,
  SOCK_STREAM,
  Sockaddr,
  socket,
} from '../kernel/index.ts';
import { FdAcceptor } from './acceptor.ts';
import { StandingLoop } from './standing-loop.ts';

const loop = new StandingLoop();
const address = Sockaddr.from({ family: 'unix', path: `modnet-exhaust-${process.pid}`, abstract: true });
const listener = socket(AF_UNIX, SOCK_STREAM);
bind(listener, address);
listen(listener, 16);
const client = socket(AF_UNIX, SOCK_STREAM, 0, true);
const hoard: number[] = [];
let accepted = 0;
const acceptor = new FdAcceptor(listener, loop, {
  onAccept(fd) {
    close(fd);
    accepted++;
    acceptor.close();
  },
  onTrouble(error) {
    console.log('trouble', (error as { errno?: string }).errno);
    for (const fd of hoard.splice(0)) close(fd);
  },
  onClose: (error) => console.log('closed', error.message),
});
connect(client, address);
for (;;) {
  const pipe = pipe2();
  if (typeof pipe === 'number') break;
  hoard.push(pipe.read, pipe.write);
}
// A pipe takes two: one more may be left.
for (let fd = socket(AF_UNIX, SOCK_STREAM); fd >= 0; fd = socket(AF_UNIX, SOCK_STREAM)) hoard.push(fd);
await loop.run();
console.log('accepted', accepted);
