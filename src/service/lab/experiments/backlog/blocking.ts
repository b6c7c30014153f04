/** What connect(2) does when the queue is full: over TCP and on a Unix socket, on a socket that waits and on one that does not. */

import { moduleBeside } from '../../../../core/module-beside.ts';
import * as k from '../../../../kernel/index.ts';
import { loopback, must, portOf, Sockets } from '../shared/sockets.ts';
import { Thread } from '../shared/thread.ts';
import { waitUntil } from '../shared/wait.ts';
import type { ConnectAnswer, ConnectTask } from './connect-thread.ts';

export interface Blocked {
  readonly kind: 'TCP' | 'Unix';
  readonly backlog: number;
  /** Clients that the queue took. */
  readonly taken: number;
  /** The next one, on a non-blocking socket: 0 or `-errno`, and the seconds that the call took. */
  readonly atOnce: ConnectAnswer;
  /** The next one, on a blocking socket, while the server accepted after `hold` seconds. */
  readonly waited: ConnectAnswer;
  readonly hold: number;
}

interface Door {
  readonly kind: Blocked['kind'];
  readonly listener: number;
  readonly address: k.Sockaddr;
  socket(blocking: boolean): number;
}

/** Milliseconds until a connect that does not return is ended; the third SYN of older kernels comes after 7 seconds. */
const PATIENCE = 9000;

/** @param hold seconds after which the server accepts */
export async function blockOn(
  kind: Blocked['kind'],
  backlog: number,
  hold: number,
  signal: AbortSignal,
): Promise<Blocked> {
  using sockets = new Sockets();
  const door = open(kind, sockets, backlog);
  const taken = await takeAll(door, backlog, signal);
  const atOnce = tryAtOnce(door);
  const waited = await waitInThread(door, sockets, hold, signal);
  return { kind, backlog, taken, atOnce, waited, hold };
}

function open(kind: Blocked['kind'], sockets: Sockets, backlog: number): Door {
  const domain = kind === 'TCP' ? k.AF_INET : k.AF_UNIX;
  const socket = (blocking: boolean) =>
    sockets.own(k.socket(domain, k.SOCK_STREAM, 0, blocking), `Cannot create a ${kind} socket`);
  const listener = socket(false);
  must(k.bind(listener, kind === 'TCP' ? loopback() : unnamed()), 'Cannot bind a listening socket');
  must(k.listen(listener, backlog), 'Cannot listen');
  const address = kind === 'TCP' ? loopback(portOf(listener)) : new k.Sockaddr();
  if (kind === 'Unix') must(k.getsockname(listener, address), 'Cannot read the name of a socket');
  return { kind, listener, address, socket };
}

/** Without a name the kernel gives an abstract one that is free (unix(7), Autobind feature). */
function unnamed(): k.Sockaddr {
  return k.Sockaddr.from({ family: 'unix', path: '', abstract: false });
}

/** Connects `backlog + 1` clients; returns how many the queue took. */
async function takeAll(door: Door, backlog: number, signal: AbortSignal): Promise<number> {
  let taken = 0;
  for (let client = 0; client <= backlog; client++) {
    const fd = door.socket(false);
    const result = k.connect(fd, door.address);
    const isTaken = () => {
      const info = k.tcpInfo(fd);
      return typeof info !== 'number' && info.state === 'established';
    };
    if (result === 0 || (result === -k.EINPROGRESS && (await waitUntil(isTaken, 1000, signal)))) taken++;
  }
  return taken;
}

function tryAtOnce(door: Door): ConnectAnswer {
  const fd = door.socket(false);
  const begun = performance.now();
  const result = k.connect(fd, door.address);
  return { result, seconds: (performance.now() - begun) / 1000 };
}

async function waitInThread(
  door: Door,
  sockets: Sockets,
  hold: number,
  signal: AbortSignal,
): Promise<ConnectAnswer> {
  const thread = new Thread<ConnectTask, ConnectAnswer>(moduleBeside(import.meta.url, 'connect-thread'));
  try {
    let begun = Infinity;
    let isOver = false;
    const connecting = thread.run({ fd: door.socket(true), address: door.address.copy() }, () => {
      begun = performance.now();
    });
    const over = () => {
      isOver = true;
    };
    connecting.then(over, over);
    await waitUntil(() => isOver || performance.now() - begun >= hold * 1000, PATIENCE, signal);
    for (let fd = k.accept4(door.listener); fd >= 0; fd = k.accept4(door.listener)) {
      sockets.own(fd, 'Cannot accept');
    }
    // The reason of the signal, and not the error that waking the thread leads to.
    await waitUntil(() => isOver, PATIENCE, signal);
    sockets.shutdown();
    return await connecting;
  } finally {
    // A thread that waits in connect is woken by the end of its own socket or of the one that listens.
    sockets.shutdown();
    sockets.close(door.listener);
    await thread.end();
  }
}
