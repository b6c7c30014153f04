/**
 * A connection as the stream that Node's HTTP/2 runs on. It tells the frames that pass by, and gathers what Node writes in
 * pieces, so that it leaves in few system calls. It knows no frame but by its head.
 */
import { Duplex } from 'node:stream';
import type { Bytes, HalfCloseable, Receiver, Wire } from '../../../core/index.ts';
import { NetError } from '../../../core/index.ts';
import { FrameLister, type OnFrame } from '../../../protocol/http2/index.ts';

/** Bytes that are copied together into one write; four frames of the usual size. */
const BATCH = 64 * 1024;

type Done = (error?: Error | null) => void;

export interface SessionStreamOptions {
  readonly role: 'client' | 'server';
  readonly onFrameIn: OnFrame;
  readonly onFrameOut: OnFrame;
  /** Whether the bytes whose frames have just been told are still wanted. */
  readonly mayPass: () => boolean;
  /** The peer has ended its half. */
  readonly onPeerEnd: () => void;
  /** Our half has ended, behind all that was written; or the connection is lost. Called once. */
  readonly onOver: (reason: Error | undefined) => void;
}

export class SessionStream extends Duplex implements Receiver {
  readonly #connection: HalfCloseable;
  readonly #options: SessionStreamOptions;
  readonly #incoming: FrameLister;
  readonly #outgoing: FrameLister;
  readonly #wire: Wire;
  #written: Done | undefined;
  #pushed = 0;
  #isOver = false;

  constructor(connection: HalfCloseable, options: SessionStreamOptions) {
    super({ allowHalfOpen: true });
    const isServer = options.role === 'server';
    this.#connection = connection;
    this.#options = options;
    this.#incoming = new FrameLister(isServer ? 'client' : 'server', options.onFrameIn);
    this.#outgoing = new FrameLister(isServer ? 'server' : 'client', options.onFrameOut);
    this.#wire = connection.attach(this);
  }

  /** Bytes written, and those of them that have not left. */
  get pushed(): number {
    return this.#pushed;
  }

  get pending(): number {
    return this.#wire.pending;
  }

  /** Whether the peer is in the middle of a frame. */
  get isWithinFrame(): boolean {
    return !this.#incoming.isBetweenFrames;
  }

  /** Puts a whole frame between those of Node; `false` when there is no place for it. */
  insert(frame: Bytes): boolean {
    if (this.#isOver || this.writableEnded || !this.#outgoing.isBetweenFrames) return false;
    this.#push(frame);
    return true;
  }

  override _read(): void {
    if (!this.#isOver) this.#wire.resume();
  }

  override _write(chunk: Bytes, _encoding: string, done: Done): void {
    this.#settle(this.#push(chunk), done);
  }

  override _writev(chunks: { chunk: Bytes }[], done: Done): void {
    let room = true;
    let batch: Bytes[] = [];
    let length = 0;
    for (const { chunk } of chunks) {
      batch.push(chunk);
      length += chunk.length;
      if (length < BATCH) continue;
      room = this.#push(Buffer.concat(batch, length));
      batch = [];
      length = 0;
    }
    if (length > 0) room = this.#push(Buffer.concat(batch, length));
    this.#settle(room, done);
  }

  override _final(done: Done): void {
    done();
    this.#leave(undefined);
    // What Node waits for behind its own end is the connection's, which closes in order without it.
    process.nextTick(() => this.destroy());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const written = this.#written;
    this.#written = undefined;
    if (!this.#isOver) {
      this.#connection.abort(error ?? undefined);
      this.#leave(error ?? new NetError('closed', 'The session was destroyed'));
    }
    written?.(error);
    done(error);
  }

  onData(chunk: Bytes): void {
    this.#incoming.receive(chunk);
    if (!this.#options.mayPass() || this.#isOver) return;
    if (!this.push(chunk)) this.#wire.pause();
  }

  /**
   * Node does not hear of it: it would end its own half at once, and fail an assertion of its own, which ends the process, when a
   * stream is reset meanwhile (node:internal/js_stream_socket).
   */
  onEnd(): void {
    this.#options.onPeerEnd();
  }

  onDrain(): void {
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  onClose(reason?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onOver(reason ?? new NetError('broken', 'The peer is gone'));
    this.destroy(reason);
  }

  #push(bytes: Bytes): boolean {
    this.#outgoing.receive(bytes);
    this.#pushed += bytes.length;
    return this.#wire.push(bytes);
  }

  #settle(hasRoom: boolean, done: Done): void {
    if (hasRoom || this.#isOver) done();
    else this.#written = done;
  }

  #leave(reason: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (reason === undefined) this.#connection.detach();
    this.#options.onOver(reason);
  }
}
