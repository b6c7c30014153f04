/**
 * One connection that speaks HTTP/2: its session, which Node drives, its streams, and what it may cost. It knows neither the
 * transport nor what handlers do.
 */
import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { type Bytes, type HalfCloseable, NetError } from '../../../core/index.ts';
import {
  ERROR_CODE,
  errorName,
  FLAG,
  FRAME,
  type OnFrame,
  SHUTDOWN_NOTICE,
} from '../../../protocol/http2/index.ts';
import type { Exchange } from '../server/exchange.ts';
import type { Guest, HttpHost } from '../server/host.ts';
import type { Surroundings } from '../server/surroundings.ts';
import { type Overdue, type Phase, Watch } from '../server/watch.ts';
import { http2Frames } from './diagnostics.ts';
import { type Flood, FloodGuard } from './flood-guard.ts';
import { Http2Line, type LineOwner } from './http2-line.ts';
import { type Http2Settings, sessionOptions } from './options.ts';
import { readHead } from './request-head.ts';
import { SessionStream } from './session-stream.ts';

/** Codes with which a client makes the server reset a stream of its own. */
const PROVOKED: readonly number[] = [
  ERROR_CODE.protocolError,
  ERROR_CODE.flowControlError,
  ERROR_CODE.streamClosed,
  ERROR_CODE.frameSizeError,
  ERROR_CODE.compressionError,
];

export class Http2Connection implements Guest, LineOwner {
  readonly host: HttpHost;
  readonly connection: HalfCloseable;
  readonly surroundings: Surroundings;
  readonly #settings: Http2Settings;
  readonly #onDone: () => void;
  readonly #lines = new Map<number, Http2Line>();
  /** Of streams that are gone, whose handlers run on. */
  readonly #orphans = new Set<Exchange>();
  readonly #guard: FloodGuard;
  readonly #watch: Watch;
  readonly #stream: SessionStream;
  readonly #session: ServerHttp2Session;
  #requests = 0;
  /** The client is in the middle of a head that goes on in CONTINUATION frames. */
  #isWithinHead = false;
  #isDraining = false;
  /** Nothing more is taken from the client. */
  #isEnding = false;
  /** What the GOAWAY says that is on its way, behind which the session is destroyed. */
  #code: number | undefined;
  #isDone = false;

  constructor(
    host: HttpHost,
    connection: HalfCloseable,
    surroundings: Surroundings,
    settings: Http2Settings,
    onDone: () => void,
  ) {
    this.host = host;
    this.connection = connection;
    this.surroundings = surroundings;
    this.#settings = settings;
    this.#onDone = onDone;
    this.#guard = new FloodGuard(settings.floods, host.now);
    this.#watch = new Watch(host);
    this.#watch.enter('first');
    this.#stream = new SessionStream(connection, {
      role: 'server',
      onFrameIn: this.#onFrameIn,
      onFrameOut: this.#onFrameOut,
      mayPass: () => !this.#isEnding,
      onPeerEnd: () => this.#onPeerEnd(),
      onOver: (reason) => this.#finish(reason),
    });
    this.#session = performServerHandshake(this.#stream, sessionOptions(settings));
    this.#listen();
    host.add(this);
  }

  /** As RFC 9113, section 6.8, tells to: first a notice, then, when what was on its way has come, the number of the last. */
  drain(): void {
    if (this.#isDraining || this.#isDone) return;
    this.#isDraining = true;
    this.#stream.insert(SHUTDOWN_NOTICE);
    this.host.drain();
  }

  onQuiet(): void {
    if (this.#isDraining) this.#session.close();
  }

  onLastAnswer(): void {
    this.#session.close();
  }

  onLineClosed(line: Http2Line, code: number): void {
    this.#lines.delete(line.id);
    if (line.exchange.isPending) this.#orphans.add(line.exchange);
    if (this.#lines.size === 0) this.#watch.enter('idle');
    const flood = PROVOKED.includes(code) ? this.#guard.count('resets') : undefined;
    if (flood !== undefined) this.#onFlood(flood);
  }

  look(now: number, passed: number): void {
    this.#guard.look(now);
    for (const line of this.#lines.values()) line.look(now, passed);
    this.#watch.enter(this.#phase);
    const { pushed, pending } = this.#stream;
    const overdue = this.#watch.look(now, passed, { pushed, pending, received: 0 });
    if (overdue !== undefined) this.#onOverdue(overdue);
  }

  #listen(): void {
    const session = this.#session;
    session.setLocalWindowSize(this.#settings.connectionWindow);
    session.on('stream', (stream, _fields, flags, ...[raw]: unknown[]) =>
      this.#onStream(stream, flags, raw as string[]),
    );
    session.on('error', (error) => this.#onError(error));
  }

  #onStream(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    // It may have been reset in the same packet.
    if (stream.destroyed || stream.closed || this.#isEnding) {
      stream.on('error', () => {});
      return;
    }
    if (!this.#hasPlace()) {
      stream.on('error', () => {});
      stream.close(ERROR_CODE.refusedStream);
      return;
    }
    const head = readHead(raw, (flags & FLAG.endStream) !== 0, this.#settings);
    const line = new Http2Line(this, stream, head);
    this.#lines.set(line.id, line);
    this.#watch.enter('nothing');
    line.start();
    if (++this.#requests >= this.host.settings.requestsPerConnection) this.#session.close();
  }

  /** Whether another handler may run: those whose streams were reset count, too (CVE-2023-44487). */
  #hasPlace(): boolean {
    const { maxStreams } = this.#settings;
    if (this.#lines.size + this.#orphans.size < maxStreams) return true;
    for (const exchange of this.#orphans) if (!exchange.isPending) this.#orphans.delete(exchange);
    return this.#lines.size + this.#orphans.size < maxStreams;
  }

  readonly #onFrameIn: OnFrame = (type, flags, stream, length) => {
    if (http2Frames.hasSubscribers) this.#tellFrame('in', type, flags, stream, length);
    if (type === FRAME.headers || type === FRAME.continuation)
      this.#isWithinHead = (flags & FLAG.endHeaders) === 0;
    const flood = this.#guard.onFrame(type, flags, length);
    if (flood !== undefined) this.#onFlood(flood);
  };

  readonly #onFrameOut: OnFrame = (type, flags, stream, length, chunk, at) => {
    if (http2Frames.hasSubscribers) this.#tellFrame('out', type, flags, stream, length);
    if (type === FRAME.goaway) this.#onGoaway(chunk.subarray(at, at + length));
    if (type !== FRAME.data) return;
    this.#guard.onDataSent();
    this.#lines.get(stream)?.onSent(length);
  };

  #tellFrame(direction: 'in' | 'out', type: number, flags: number, stream: number, length: number): void {
    http2Frames.publish({ connection: this.connection, direction, type, flags, stream, length });
  }

  #onFlood(flood: Flood): void {
    const limit = this.#settings.floods[flood];
    const words = `The client sent more than the ${limit} that are taken in a minute (http2.floods.${flood})`;
    this.#refuse(ERROR_CODE.enhanceYourCalm, new NetError('limit', words));
  }

  /** What nghttp2 found wrong it says in the GOAWAY only: last stream, code, words. */
  #onGoaway(payload: Bytes): void {
    const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    const code = bytes.length < 8 ? ERROR_CODE.noError : bytes.readUInt32BE(4);
    if (code === this.#code) this.#destroy(code);
    else if (code !== ERROR_CODE.noError) this.#blame(bytes.toString('latin1', 8) || errorName(code));
  }

  /** Not from within a write of Node's. */
  #destroy(code: number): void {
    this.#code = undefined;
    // Node takes a code alone, which its types do not say; with an error it would hide the code from its own GOAWAY.
    setImmediate(() => this.#session.destroy(code as never));
  }

  /** What Node found wrong; or that the session was ended. */
  #onError(error: Error): void {
    this.#blame(error.message, error);
  }

  #blame(words: string, cause?: Error): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#tell(new NetError('protocol', `The client broke HTTP/2: ${words}`, { fault: 'remote', cause }));
  }

  #onOverdue(overdue: Overdue): void {
    const { settings } = this.host;
    if (overdue === 'idle' || (overdue === 'first' && !this.#stream.isWithinFrame)) {
      this.#session.close();
    } else if (overdue === 'write') {
      const words = `The client took nothing of what was sent for ${settings.writeTimeout} ms`;
      this.#stream.destroy(new NetError('timeout', words));
    } else {
      const words = `The client sent no whole head within ${settings.headerTimeout} ms`;
      this.#refuse(ERROR_CODE.enhanceYourCalm, new NetError('timeout', words));
    }
  }

  /** What it has asked for whole is still answered. */
  #onPeerEnd(): void {
    for (const line of this.#lines.values()) line.onPeerEnd();
    this.#session.close();
  }

  /** GOAWAY with this code, and the end. */
  #refuse(code: number, error: NetError): void {
    if (this.#isEnding || this.#isDone) return;
    this.#isEnding = true;
    this.#tell(error);
    this.#code = code;
    // `destroy` alone says nothing when a write is under way; it follows when this has left.
    this.#session.goaway(code);
  }

  #tell(error: NetError): void {
    this.host.tellFault({ remote: this.connection.remote, status: 0, error });
  }

  get #phase(): Phase {
    if (this.#isWithinHead) return 'head';
    if (this.#lines.size > 0) return 'nothing';
    if (this.#requests === 0) return 'first';
    return this.#stream.isWithinFrame ? 'head' : 'idle';
  }

  #finish(reason: Error | undefined): void {
    if (this.#isDone) return;
    this.#isDone = true;
    if (reason !== undefined) this.#isEnding = true;
    this.host.delete(this);
    this.#onDone();
  }
}
