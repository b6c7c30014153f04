/** `memory:name`: connections inside one process, for tests and for joining parts of one program. */
import { AcceptQueue } from '../../core/accept-queue.ts';
import { type Address, type NamedAddress, namedAddress } from '../../core/address.ts';
import { WireConnection } from '../../core/connection.ts';
import type { HalfCloseable, Listener } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { BACKLOG, Backlog } from '../backlog.ts';
import { addressOf, type StreamTransport, type TransportOptions } from '../options.ts';
import { memoryWires } from './wire.ts';

interface MemoryListener {
  readonly address: NamedAddress;
  readonly options: TransportOptions;
  readonly backlog: Backlog<HalfCloseable>;
}

/** By name; of this thread. */
const listeners = new Map<string, MemoryListener>();
let serial = 0;

export const memory: StreamTransport = { scheme: 'memory', connect, listen };

async function connect(address: Address | string, options: TransportOptions = {}): Promise<HalfCloseable> {
  options.signal?.throwIfAborted();
  const remote = memoryAddress(address);
  const listener = listeners.get(remote.name);
  if (listener === undefined) throw refused(remote, 'connection refused; nothing listens there');
  const local = namedAddress('memory', `${remote.name}/${++serial}`);
  const [near, far] = memoryWires(remote.name);
  const accepted = new WireConnection(far, { local: listener.address, remote: local }, listener.options);
  if (!listener.backlog.add(accepted)) {
    accepted.abort();
    throw refused(remote, `connection refused; ${BACKLOG} connections already wait to be accepted`);
  }
  return new WireConnection(near, { local, remote }, options);
}

/** The name `''` asks for a free one. */
async function listen(
  address: Address | string,
  options: TransportOptions = {},
): Promise<Listener<HalfCloseable>> {
  options.signal?.throwIfAborted();
  const asked = memoryAddress(address);
  const bound = asked.name === '' ? namedAddress('memory', `listener-${++serial}`) : asked;
  if (listeners.has(bound.name)) {
    throw new NetError(
      'refused',
      `Cannot listen on ${bound}: address already in use; close the listener that holds it or choose another name`,
      { errno: 'EADDRINUSE' },
    );
  }
  const backlog = new Backlog<HalfCloseable>(BACKLOG, (connection) => queue.offer(connection));
  const queue = new AcceptQueue<HalfCloseable>(bound, {
    pause: () => backlog.pause(),
    resume: () => backlog.resume(),
    close() {
      if (listeners.get(bound.name) === listener) listeners.delete(bound.name);
      for (const connection of backlog.clear()) connection.abort();
    },
  });
  const listener: MemoryListener = { address: bound, options, backlog };
  listeners.set(bound.name, listener);
  return queue;
}

function memoryAddress(address: Address | string): NamedAddress {
  return addressOf(address, 'memory', 'named', 'memory:name');
}

function refused(remote: Address, why: string): NetError {
  return new NetError('refused', `Cannot connect to ${remote}: ${why}`, { errno: 'ECONNREFUSED' });
}
