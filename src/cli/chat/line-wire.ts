/** Lines over a WebSocket whose messages are lines without their ends, as those of the exchange. It knows nothing of what they say. */
import type { Bytes, Receiver, Wire } from '../../core/index.ts';
import type { WebSocketReceiver, WebSocketWire } from '../../transport/websocket/index.ts';

const encoder = new TextEncoder();

export class LineWire implements Wire, WebSocketReceiver {
  readonly #socket: WebSocketWire;
  readonly #decoder = new TextDecoder();
  #receiver: Receiver | undefined;
  #line = '';

  /** @param attach gives the socket's messages to a receiver */
  constructor(attach: (receiver: WebSocketReceiver) => WebSocketWire) {
    this.#socket = attach(this);
  }

  get pending(): number {
    return this.#socket.pending;
  }

  get aborted(): boolean {
    return this.#socket.aborted;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    this.#socket.start(this);
  }

  push(data: Bytes): boolean {
    const lines = (this.#line + this.#decoder.decode(data, { stream: true })).split('\n');
    this.#line = lines.pop()!;
    let hasRoom = true;
    for (const line of lines) hasRoom = this.#socket.push(line);
    return hasRoom;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.close();
  }

  abort(reason?: Error): void {
    this.#socket.abort(reason);
  }

  onMessage(data: string | Bytes): void {
    // Whoever sends bytes speaks something else; the reader of the lines finds out.
    if (typeof data === 'string') this.#receiver!.onData(encoder.encode(`${data}\n`));
    else this.#receiver!.onData(data);
  }

  onDrain(): void {
    this.#receiver!.onDrain();
  }

  onPeerClose(): void {
    this.#receiver!.onEnd();
  }

  onClose(_info: unknown, error?: Error): void {
    this.#receiver!.onClose(error);
  }
}
