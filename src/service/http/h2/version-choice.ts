/**
 * Decides with the first bytes of a connection which version of HTTP it speaks: by ALPN over TLS, else by the preface that
 * HTTP/2 begins with. It knows neither version.
 */
import type { Bytes, HalfCloseable, Receiver } from '../../../core/index.ts';
import { isPreface } from '../../../protocol/http2/index.ts';
import { isTls } from '../../../transport/tls/options.ts';

export interface VersionChoiceOptions {
  /** Attached to nothing; gets everything when it is not HTTP/2. */
  readonly otherwise: Receiver;
  /** The connection is HTTP/2's, with nothing attached and all of its bytes unread. */
  readonly onHttp2: () => void;
}

/** Stands in for a receiver until it is certain that the connection is its. */
export class VersionChoice implements Receiver {
  readonly #connection: HalfCloseable;
  readonly #options: VersionChoiceOptions;
  /** What looks like the preface so far. */
  #held: Bytes = new Uint8Array(0);

  /** @param connection to which `otherwise` is attached, and has had nothing yet */
  constructor(connection: HalfCloseable, options: VersionChoiceOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.detach();
    connection.attach(this);
  }

  onData(chunk: Bytes): void {
    const first = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const isHttp2 = this.#isHttp2(first);
    if (isHttp2 === true) {
      this.#connection.detach(first);
      this.#options.onHttp2();
    } else if (isHttp2 === false) {
      this.#giveWay().onData(first);
    } else {
      this.#held = first;
    }
  }

  /** Nothing but the close can follow, which is passed on: there is nobody to give way to any more. */
  onEnd(): void {
    const { otherwise } = this.#options;
    if (this.#held.length > 0) otherwise.onData(this.#held);
    otherwise.onEnd();
  }

  onDrain(): void {
    this.#options.otherwise.onDrain();
  }

  onClose(reason?: Error): void {
    this.#options.otherwise.onClose(reason);
  }

  /** The TLS handshake is over when the first byte has come. */
  #isHttp2(first: Bytes): boolean | undefined {
    const connection: object = this.#connection;
    return isTls(connection) ? connection.tls.alpn === 'h2' : isPreface(first);
  }

  #giveWay(): Receiver {
    this.#connection.detach();
    this.#connection.attach(this.#options.otherwise);
    return this.#options.otherwise;
  }
}
