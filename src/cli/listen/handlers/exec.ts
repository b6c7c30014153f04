/** Runs a command for each connection, with the connection as its standard input and output. */
import type { HalfCloseable, Receiver, Wire } from '../../../core/index.ts';
import type { Context } from '../../../server/index.ts';
import { Bridge, type Bridgeable } from '../../../service/relay/index.ts';
import { exec as commands } from '../../../transport/exec/index.ts';

export default async function exec(connection: HalfCloseable, { shared, signal }: Context): Promise<void> {
  const { command } = shared as { command: string };
  const child = await commands.connect(`exec:${command}`);
  const input = new Input(child);
  const bridge = new Bridge(connection, input);
  const end = (): void => input.end();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const reason = await bridge.closed;
  signal.removeEventListener('abort', end);
  if (reason !== undefined) throw reason;
}

/** The command, whose input ends when the server drains: it finishes what it was given. */
class Input implements Bridgeable {
  readonly #child: HalfCloseable;
  #wire: Wire | undefined;

  constructor(child: HalfCloseable) {
    this.#child = child;
  }

  attach(receiver: Receiver): Wire {
    this.#wire = this.#child.attach(receiver);
    return this.#wire;
  }

  end(): void {
    this.#wire?.end();
  }

  close(): Promise<void> {
    return this.#child.close();
  }

  abort(reason?: Error): void {
    this.#child.abort(reason);
  }
}
