/** For a server without HTTP/1.1: tells a client that speaks it so, in its own language. */
import type { HalfCloseable, Receiver } from '../../../core/index.ts';
import { Http1Error } from '../../../protocol/http1/index.ts';
import type { HttpHost } from '../server/host.ts';

const TEXT = 'HTTP/2 only\n';
const REFUSAL = Buffer.from(
  `HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\ncontent-length: ${TEXT.length}\r\nconnection: close\r\n\r\n${TEXT}`,
);

export class OnlyHttp2 implements Receiver {
  readonly #host: HttpHost;
  readonly #connection: HalfCloseable;
  readonly #onDone: () => void;

  /** @param onDone the connection may be closed */
  constructor(host: HttpHost, connection: HalfCloseable, onDone: () => void) {
    this.#host = host;
    this.#connection = connection;
    this.#onDone = onDone;
  }

  onData(): void {
    const error = new Http1Error(
      505,
      'protocol',
      'The client does not speak HTTP/2, and this server nothing else',
    );
    this.#host.tellFault({ remote: this.#connection.remote, status: error.status, error });
    this.#connection.detach();
    this.#connection.write(REFUSAL).catch(() => {});
    this.#onDone();
  }

  onEnd(): void {
    this.#onDone();
  }

  onDrain(): void {}

  onClose(): void {
    this.#onDone();
  }
}
