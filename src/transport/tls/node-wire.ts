/** TLS by `node:tls` over any connection: for the node driver, and where OpenSSL cannot be called. */
import type { TLSSocket } from 'node:tls';
import type { Bytes, HalfCloseable, Receiver } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { NodeStreamWire } from '../../core/node-stream.ts';
import { CipherStream } from './cipher-stream.ts';
import type { Failure } from './failure.ts';
import { HTTP_ANSWER, speaksHttp } from './foreign.ts';
import type { TlsDetails } from './options.ts';
import type { SecureWire } from './secure-wire.ts';

/** What the two roles do differently. */
export interface NodeRole {
  readonly isServer: boolean;
  /** The event that says that the handshake is over. */
  readonly event: 'secure' | 'secureConnect';
  open(stream: CipherStream): TLSSocket;
  /** What was agreed on. @throws NetError when that will not do */
  details(socket: TLSSocket, serverName: string | undefined): TlsDetails;
  error(failure: Failure, isSecured: boolean): NetError;
}

export class NodeTlsWire implements SecureWire, Receiver {
  readonly secured: Promise<void>;
  readonly #settle: PromiseWithResolvers<void>;
  readonly #connection: HalfCloseable;
  readonly #role: NodeRole;
  readonly #stream: CipherStream;
  readonly #socket: TLSSocket;
  readonly #wire: NodeStreamWire;
  #details: TlsDetails | undefined;
  #receiver: Receiver | undefined;
  #reason: Error | undefined;
  #failed = false;
  #closed = false;
  #sendEnded = false;
  #leaving = false;

  constructor(connection: HalfCloseable, role: NodeRole) {
    this.#connection = connection;
    this.#role = role;
    this.#settle = Promise.withResolvers<void>();
    this.secured = this.#settle.promise;
    this.secured.catch(() => {});
    this.#stream = new CipherStream(connection, role.isServer, {
      onForeign: (error) => this.#onForeign(error),
      onEnd: () => this.#onCut(),
    });
    this.#socket = role.open(this.#stream);
    this.#wire = new NodeStreamWire(this.#socket, () => 'The connection over TLS was lost');
    const onError = (error: Error): void => this.#onError(error);
    // The latter is what a socket of a server says that is nobody's server.
    for (const event of ['error', '_tlsError']) this.#socket.on(event, onError);
    this.#socket.once('close', () => this.#onSocketClose());
    this.#socket.once(role.event, () => this.#onSecure());
  }

  get details(): TlsDetails | undefined {
    return this.#details;
  }

  get aborted(): boolean {
    return this.#wire.aborted;
  }

  get pending(): number {
    return this.#wire.pending;
  }

  get moved(): number | undefined {
    return this.#stream.moved;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#failed) queueMicrotask(() => this.#tellClose());
    else this.#wire.start(this);
  }

  push(data: Bytes): boolean {
    return this.#wire.push(data);
  }

  pause(): void {
    this.#wire.pause();
  }

  resume(): void {
    this.#wire.resume();
  }

  end(): void {
    this.#sendEnded = true;
    this.#wire.end();
  }

  abort(reason?: Error): void {
    if (!this.#closed && !this.#failed) {
      this.#reason ??= reason;
      this.#stream.abort(reason);
    }
    this.#wire.abort(reason);
  }

  leave(): void {
    this.#leaving = true;
  }

  fail(reason: Error): void {
    if (this.#failed || this.#closed || this.aborted) return;
    this.#failed = true;
    this.#reason = reason;
    this.#settle.reject(reason);
    // An alert that was made just now still leaves; then the connection beneath ends within its grace.
    this.#connection.close().catch(() => {});
    void this.#connection.closed.then(() => this.#socket.destroy());
    queueMicrotask(() => this.#tellClose());
  }

  onData(chunk: Bytes): void {
    if (!this.#failed) this.#receiver!.onData(chunk);
  }

  onEnd(): void {
    if (this.#failed) return;
    const isLeft = this.#leaving && this.#sendEnded;
    if (isLeft || this.#stream.records.mayHaveEnded) this.#receiver!.onEnd();
    else this.fail(this.#role.error({ reason: 'TRUNCATED' }, true));
  }

  onDrain(): void {
    if (!this.#failed) this.#receiver!.onDrain();
  }

  onClose(reason?: Error): void {
    this.#reason ??= reason;
    this.#tellClose();
  }

  #onSecure(): void {
    try {
      this.#details = this.#role.details(this.#socket, this.#stream.serverName);
      this.#settle.resolve();
    } catch (thrown) {
      this.fail(thrown as Error);
    }
  }

  #onError(error: Error & { code?: string }): void {
    if (this.#failed || this.aborted) return;
    const mapped = this.#mapped(error);
    if (this.#details === undefined || mapped !== error) this.fail(mapped);
  }

  /** Errors of the connection beneath are ours already. */
  #mapped(error: Error & { code?: string }): Error {
    const isSecured = this.#details !== undefined;
    if (error instanceof NetError)
      return isSecured ? error : this.#role.error({ reason: 'LOST', cause: error }, false);
    const reason = /^ERR_SSL_(.+)/.exec(error.code ?? '')?.[1];
    if (reason !== undefined) return this.#role.error({ reason, cause: error }, isSecured);
    if (error.code === 'ECONNRESET')
      return this.#role.error({ reason: 'UNEXPECTED_EOF_WHILE_READING', cause: error }, isSecured);
    return this.#role.error({ reason: 'FOREIGN', cause: error }, isSecured);
  }

  #onForeign(thrown: unknown): void {
    const error = this.#role.error({ reason: 'FOREIGN', cause: thrown }, false);
    if (this.#role.isServer && speaksHttp(error)) this.#stream.sendPlain(HTTP_ANSWER);
    this.fail(error);
  }

  #onCut(): void {
    if (this.#details === undefined)
      this.fail(this.#role.error({ reason: 'UNEXPECTED_EOF_WHILE_READING' }, false));
  }

  /** Before anybody has started the wire beneath, which would tell. */
  #onSocketClose(): void {
    if (this.#details !== undefined) return;
    this.#reason ??= this.#role.error({ reason: 'UNEXPECTED_EOF_WHILE_READING' }, false);
    this.#settle.reject(this.#reason);
  }

  #tellClose(): void {
    if (this.#closed || this.#receiver === undefined) return;
    this.#closed = true;
    this.#receiver.onClose(this.#reason);
  }
}
