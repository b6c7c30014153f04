/** What the servers of modnet do with a stream, at the push level and at the pull level. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Bytes, HalfCloseable, Receiver, Wire } from '../../src/core/index.ts';

const HELLO = new TextEncoder().encode('x');
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
  override onData(chunk: Bytes): void {
    this.wire.recycle?.(chunk);
  }
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

export const STREAM_MODES: Readonly<Record<string, (connection: HalfCloseable) => unknown>> = {
  'echo-push': (connection) => attach(connection, new Echo()),
  'echo-pull': echoPull,
  'discard-push': (connection) => attach(connection, new Discard()),
  'discard-pull': discardPull,
  'source-push': (connection) => attach(connection, new Fill()).onDrain(),
  'source-pull': fillPull,
  'hello-push': (connection) => attach(connection, new Discard()).wire.push(HELLO),
  close: (connection) => connection.close(),
  abort: (connection) => connection.abort(),
};
