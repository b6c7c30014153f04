/** `stdio:`: the standard input and output of this process as one connection. */
import { Duplex } from 'node:stream';
import { type Address, namedAddress } from '../../core/address.ts';
import { WireConnection } from '../../core/connection.ts';
import type { HalfCloseable } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { NodeStreamWire } from '../../core/node-stream.ts';
import { addressOf, type ConnectOnly, type TransportOptions } from '../options.ts';

export const stdio: ConnectOnly = { scheme: 'stdio', connect };

let taken = false;

/** There is one standard input: a second connection while the first is open is `busy`. */
async function connect(address: Address | string, options: TransportOptions = {}): Promise<HalfCloseable> {
  options.signal?.throwIfAborted();
  addressOf(address, 'stdio', 'named', 'stdio:');
  if (taken)
    throw new NetError('busy', 'Cannot open "stdio:": another connection has the standard input and output');
  taken = true;
  const endpoints = { local: namedAddress('stdio', ''), remote: namedAddress('stdio', '') };
  const wire = new NodeStreamWire(new StandardStream(), () => 'The standard input and output were lost');
  const connection = new WireConnection(wire, endpoints, options);
  void connection.closed.then(() => {
    taken = false;
  });
  return connection;
}

/** Both as one stream. The process keeps its standard output until it exits, also when the connection has ended. */
class StandardStream extends Duplex {
  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) process.stdin.pause();
  };
  readonly #onEnd = (): void => {
    this.push(null);
  };
  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };

  constructor() {
    super({ allowHalfOpen: true });
    process.stdin.on('end', this.#onEnd).on('error', this.#onError);
    process.stdout.on('error', this.#onError);
  }

  override _read(): void {
    if (process.stdin.listenerCount('data', this.#onData) === 0) process.stdin.on('data', this.#onData);
    process.stdin.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    process.stdout.write(chunk, done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    process.stdin.off('data', this.#onData).off('end', this.#onEnd).off('error', this.#onError);
    process.stdin.pause();
    process.stdout.off('error', this.#onError);
    done(error);
  }
}
