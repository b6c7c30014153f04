/** modnet over TCP: `modnet-tcp.ts MODE DRIVER`. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bytes, HalfCloseable, Receiver, Wire } from '../../src/core/index.ts';
import { tcp } from '../../src/transport/tcp/index.ts';
import { ready } from './ready.ts';

const CHUNK = new Uint8Array(64 * 1024);
/** A sender that always finds room gives way to the other connections after as many chunks. */
const TURN = 16;

class Echo implements Receiver {
  wire!: Wire;

  onData(chunk: Bytes): void {
    if (!this.wire.push(chunk)) this.wire.pause();
  }

  onDrain(): void {
    this.wire.resume();
  }

  onEnd(): void {
    this.wire.end();
  }

  onClose(): void {}
}

class Discard extends Echo {
  override onData(): void {}
}

class Fill extends Echo {
  override onData(): void {}

  override onDrain(): void {
    let chunks = 0;
    while (this.wire.push(CHUNK)) {
      if (++chunks < TURN) continue;
      setImmediate(() => this.onDrain());
      return;
    }
  }
}

function attach<R extends Echo>(connection: HalfCloseable, receiver: R): R {
  receiver.wire = connection.attach(receiver);
  return receiver;
}

async function echoPull(connection: HalfCloseable): Promise<void> {
  for (let chunk = await connection.read(); chunk !== null; chunk = await connection.read()) {
    await connection.write(chunk);
  }
  await connection.close();
}

async function discardPull(connection: HalfCloseable): Promise<void> {
  while ((await connection.read()) !== null);
  await connection.close();
}

async function fillPull(connection: HalfCloseable): Promise<void> {
  for (let chunks = 1; ; chunks++) {
    await connection.write(CHUNK);
    if (chunks % TURN === 0) await nextTurn();
  }
}

const MODES: Record<string, (connection: HalfCloseable) => unknown> = {
  'echo-push': (connection) => attach(connection, new Echo()),
  'echo-pull': echoPull,
  'discard-push': (connection) => attach(connection, new Discard()),
  'discard-pull': discardPull,
  'source-push': (connection) => attach(connection, new Fill()).onDrain(),
  'source-pull': fillPull,
  close: (connection) => connection.close(),
  abort: (connection) => connection.abort(),
};

const [mode = '', driver] = process.argv.slice(2);
const serve = MODES[mode]!;
const listener = await tcp.listen('tcp://127.0.0.1:0', {
  driver: driver === 'node' ? 'node' : 'kernel',
  socket: { noDelay: true, backlog: 4096 },
});
if (listener.address.kind === 'inet') ready(listener.address.port);
for await (const connection of listener) {
  // Clients of the load generator vanish when it ends.
  Promise.resolve(serve(connection)).catch(() => {});
}
