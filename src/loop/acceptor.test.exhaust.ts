/**
 * Run by acceptor.test.ts under a low limit of descriptors: uses them up, connects, and after the trouble does as its
 * argument says: frees them; or also closes, pauses or resumes the acceptor, which then waits for its retry.
 */
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
import { ACCEPT_RETRY, FdAcceptor } from './acceptor.ts';
import { StandingLoop } from './standing-loop.ts';

const [, , mode] = process.argv;
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
    if (mode === 'close') acceptor.close();
    else if (mode === 'pause') acceptor.pause();
    else if (mode === 'resume') acceptor.resume();
  },
  onClose: (error) => console.log('closed', error.message),
});
const { after } = loop;
loop.after = (delay, callback) => {
  const timer = after.call(loop, delay, () => {
    const before = accepted;
    callback();
    if (delay === ACCEPT_RETRY && mode !== 'free') console.log(`retried, accepted ${before}`);
    if (mode === 'pause') acceptor.resume();
  });
  return {
    cancel() {
      console.log('cancelled', 1);
      timer.cancel();
    },
  };
};
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
