/** Makes what a crew works with: the listening socket and the scoreboard. */
import { type Address, NetError } from '../core/index.ts';
import { close, createSharedMemory, mapSharedMemory } from '../kernel/index.ts';
import { type Descriptors, descriptorsOf, type ListeningSocket } from '../transport/index.ts';
import { runsElsewhere } from './architecture.ts';
import type { Handler } from './handler.ts';
import { hasProcesses, type Settings } from './options.ts';
import { checkPortable } from './workers/brief.ts';
import { Roster } from './workers/roster.ts';
import { Scoreboard } from './workers/scoreboard.ts';

export interface Ground {
  readonly roster: Roster;
  readonly memory: number;
  readonly buffer: ArrayBufferLike;
  readonly socket: ListeningSocket | undefined;
  /** Idempotent. */
  stopListening(): void;
  close(): void;
}

/** @throws NetError `unsupported` for a handler or an address that the architecture cannot have, or as `listen` does */
export async function openGround(
  address: Address,
  handler: Handler | URL,
  settings: Settings,
): Promise<Ground> {
  checkHandler(handler, settings);
  checkPortable(settings);
  const socket = await openSocket(address, settings);
  const bytes = Scoreboard.bytes(settings);
  let memory = -1;
  try {
    if (hasProcesses(settings)) memory = createSharedMemory('modnet-scoreboard', bytes);
    const buffer = memory < 0 ? new SharedArrayBuffer(bytes) : mapSharedMemory(memory, bytes);
    let listens = socket !== undefined;
    const stopListening = (): void => {
      if (listens) socket?.close();
      listens = false;
    };
    const closeAll = (): void => {
      stopListening();
      if (memory >= 0) close(memory);
    };
    const roster = new Roster(new Scoreboard(buffer, settings));
    return { roster, memory, buffer, socket, stopListening, close: closeAll };
  } catch (error) {
    socket?.close();
    if (memory >= 0) close(memory);
    throw error;
  }
}

function checkHandler(handler: Handler | URL, { architecture }: Settings): void {
  if (typeof handler === 'function' && runsElsewhere(architecture))
    throw new NetError(
      'unsupported',
      `Under ${architecture} the handler runs in another thread or process, where this function is not: put it into a module that exports it by default, and pass \`new URL('./handler.ts', import.meta.url)\``,
    );
  if (typeof handler === 'function' || handler instanceof URL) return;
  throw new NetError(
    'unsupported',
    'A handler is a function, or the URL of a module that exports one by default',
  );
}

/** `undefined` where the transport itself accepts: those without sockets, and the node driver. */
async function openSocket(address: Address, settings: Settings): Promise<ListeningSocket | undefined> {
  const { architecture, listener, transport } = settings;
  const sharesPort = architecture === 'hybrid' && listener === 'reuseport';
  if (sharesPort && address.scheme !== 'tcp' && address.scheme !== 'tls')
    throw new NetError('unsupported', `${address} cannot be listened on twice; only tcp can (SO_REUSEPORT)`);
  const socket = sharesPort ? { ...transport.socket, reusePort: true } : transport.socket;
  const descriptors = descriptorsFor(address, settings);
  if (descriptors?.isLayered === true && (architecture === 'thread' || architecture === 'pool'))
    throw new NetError(
      'unsupported',
      `The threads of "${architecture}" read the socket itself, which of ${address.scheme} carries something else; take "hybrid", "reactor" or processes`,
    );
  return await descriptors?.open(address, { ...transport, socket });
}

/** @throws NetError `unsupported` when the architecture cannot do without */
function descriptorsFor(address: Address, { architecture, transport }: Settings): Descriptors | undefined {
  try {
    return descriptorsOf(address, transport);
  } catch (cause) {
    if (!runsElsewhere(architecture)) return undefined;
    if (!(cause instanceof NetError)) throw cause;
    const how = `"${architecture}" hands sockets to other threads or processes ("serial" and "reactor" do not)`;
    throw new NetError(cause.code, `${how}: ${cause.message}`, { cause });
  }
}
