/**
 * The contract: everything that modnet connects is one of the shapes below.
 *
 * It knows no transport, no protocol and no platform. There are two levels. The push level (`Wire`,
 * `Receiver`) is what the author of a transport writes and what a fast protocol uses: plain calls, no promise
 * per chunk. The pull level (`Connection`, `Channel`) is what everybody else uses. Backpressure, closing and
 * cancelling between the two are written once, in `WireConnection`.
 *
 * Verbs differ on purpose: bytes are read and written, values are received and sent, so passing one kind for
 * the other does not compile. Signals belong on waits and never on `write`: of a cancelled write nobody knows
 * what left; abort the connection instead.
 */
import type { Address } from './address.ts';

/** Bytes that are handed over: the giver never touches them again. */
export type Bytes = Uint8Array;

export interface Abortable {
  /** Ends the wait. The wait rejects with `signal.reason`; nothing that had arrived is lost. */
  readonly signal?: AbortSignal | undefined;
}

/** Something that is open until it is closed. */
export interface Resource extends AsyncDisposable {
  /**
   * Ends gracefully: what was written still leaves, the peer sees an orderly end. Idempotent. Rejects when the
   * end was not orderly (a peer that takes nothing until the grace deadline, a reset); even then the resource is gone.
   */
  close(options?: Abortable): Promise<void>;
  /** Ends at once, losing what is under way. Never throws. Pending waits reject with `reason`. */
  abort(reason?: Error): void;
  /** Settles last, when nothing is held any more, and never rejects. `undefined` is a clean end. */
  readonly closed: Promise<Error | undefined>;
}

/** An ordered stream of bytes in both directions, without boundaries. */
export interface Connection extends Resource, AsyncIterable<Bytes> {
  readonly local: Address;
  readonly remote: Address;
  /**
   * The next bytes that arrived, as many as there are. `null` is the end of what the peer sends; an empty array
   * never comes.
   * @throws NetError `busy` when another read waits, `closed` after close, `broken` when the peer was lost.
   */
  read(options?: Abortable): Promise<Bytes | null>;
  /**
   * Hands bytes over. Resolves when there is room for more, not when they arrived. Writes keep their order, also
   * when they are not awaited; whoever does not await gives up the bound on memory.
   * @throws NetError `closed`, `broken`, or `busy` after `end()`.
   */
  write(data: Bytes): Promise<void>;
  /**
   * Moves to the push level: from now on `receiver` is called and `read` and `write` are misuse (`busy`). Bytes
   * that were read ahead come first, in a microtask, even when the receiver pauses the wire at once.
   */
  attach(receiver: Receiver): Wire;
  /**
   * Back to the pull level: what comes from now on is read again, or reaches the next receiver. A protocol that ends while
   * the connection goes on (an HTTP upgrade, a proxy's answer, STARTTLS) returns here what it took and did not use.
   * @param unread comes first
   * @throws NetError `busy` when no receiver is attached
   */
  detach(unread?: Bytes): void;
  /** As of its wire, where that counts. */
  readonly moved?: number | undefined;
}

/** A connection whose sending half can end while the other goes on. */
export interface HalfCloseable extends Connection {
  /** Ends the sending half after what was written. The peer reads `null`. Idempotent. */
  end(): Promise<void>;
}

/** Values come out of it. */
export interface Source<T extends {}> extends Resource, AsyncIterable<T> {
  /** The next value; `null` is the end. */
  receive(options?: Abortable): Promise<T | null>;
}

/** Values go into it. */
export interface Sink<T extends {}> extends Resource {
  /** Hands one value over. Resolves when there is room for more. */
  send(value: T): Promise<void>;
}

/** Values both ways; each keeps its boundaries. */
export interface Channel<In extends {}, Out extends {} = In> extends Source<In>, Sink<Out> {}

/** One datagram and the peer that it came from or goes to. */
export interface Datagram {
  readonly data: Bytes;
  readonly remote: Address;
}

/** Accepts. It stops accepting while nobody receives, so that the backlog of the system holds. */
export interface Listener<C extends Resource> extends Source<C> {
  /** Where it listens; the port is the real one when port 0 was asked for. */
  readonly address: Address;
}

/** Many streams on one peer. */
export interface Session extends Resource {
  open(options?: Abortable): Promise<HalfCloseable>;
  readonly streams: Source<HalfCloseable>;
  readonly datagrams?: Channel<Bytes>;
}

/** A way to reach a peer and to be reached. */
export interface Transport<C extends Resource> {
  readonly scheme: string;
  connect(address: Address, options?: Abortable): Promise<C>;
  listen(address: Address, options?: Abortable): Promise<Listener<C>>;
}

/** The push level of a connection. Implemented by transports. */
export interface Wire {
  /**
   * Begins delivery to `receiver`, never before the call has returned. Called again, it hands delivery over to
   * another receiver.
   */
  start(receiver: Receiver): void;
  /**
   * Takes the bytes in any case. `false` asks to wait for `onDrain`; a wire whose queue passes its limit because
   * nobody waits is aborted (`limit`). After `end`, `abort` or `onClose` the bytes are dropped and it returns `false`.
   */
  push(data: Bytes): boolean;
  /**
   * As `push`, for a part of a file, which the kernel moves by itself (sendfile(2)) in its place among what was pushed.
   * Only of wires on a descriptor; others leave it out, and the file is read and pushed.
   * @param head pushed before it, so that the two leave together: a head that is pushed by itself costs a packet of its own
   */
  pushFile?(file: FileRange, head?: Bytes): boolean;
  /**
   * The receiver holds nothing of `chunk` any more, which came last: its memory may be read into again, which spares the
   * system fresh pages for every read. Left out by wires that did not read into memory of their own.
   */
  recycle?(chunk: Bytes): void;
  /** Stops reading. A reset by the peer is still reported. */
  pause(): void;
  resume(): void;
  /** Ends the sending half once all that was pushed has left. Idempotent. */
  end(): void;
  /**
   * Ends both halves at once; the peer sees a reset where the transport has one. From then on the receiver hears `onClose`,
   * after the call has returned, and nothing else: not what had arrived before, no end, no drain.
   */
  abort(reason?: Error): void;
  /** Bytes pushed that the system has not taken yet. */
  readonly pending: number;
  /**
   * Whether `abort` was called, also after `onClose`. Whoever holds bytes back on their way from the wire to its receiver looks
   * here before it hands them on.
   */
  readonly aborted?: boolean | undefined;
  /** Where the kernel can move bytes itself (splice, sendfile). */
  readonly fd?: number | undefined;
  /** Bytes that came and bytes that left, so far: who watches for silence compares two looks. */
  readonly moved?: number | undefined;
}

/** A part of an open file. */
export interface FileRange {
  /** Open for reading until `onDone`. */
  readonly fd: number;
  /** Bytes from the beginning of the file. */
  readonly offset: number;
  readonly length: number;
  /**
   * Called exactly once, when the wire needs the descriptor no more: all has left, or the wire is closed. A file that is
   * shorter than it was said to be aborts the wire (`broken`): the peer was promised the rest.
   */
  onDone(): void;
}

/**
 * Called by a wire, in this order: `onData` any number of times, `onEnd` at most once when the peer ended its half,
 * `onClose` exactly once and last. `onDrain` comes after a `push` that returned `false`, when the queue is empty.
 * A receiver may call the wire from within any of them. What it throws aborts the wire. After an `abort` only
 * `onClose` is still to come.
 */
export interface Receiver {
  onData(chunk: Bytes): void;
  onEnd(): void;
  onDrain(): void;
  /** Both halves have ended, or `reason` broke it. */
  onClose(reason?: Error): void;
}

/**
 * A protocol without I/O: bytes in, values out, values in, bytes out. It holds no socket and no clock: `now` is an
 * argument, in milliseconds of whatever clock its driver has. Run one over a connection with `drive()`.
 */
export interface Protocol<In extends {}, Out extends {} = In> {
  /**
   * Takes what arrived; `null` is the end of the peer's half.
   * @throws NetError `protocol` (fault `remote`) or `limit`; the protocol is unusable afterwards.
   */
  receive(data: Bytes | null, now: number): void;
  /**
   * The next complete value, or `null` when more bytes are needed. A protocol that decodes here, and not in `receive`,
   * hands out the values before a fault first and then throws it, as `receive` would.
   */
  next(): In | null;
  /** @throws NetError `protocol` (fault `local`) or `limit` for a value that cannot be sent; nothing of it is sent. */
  send(value: Out, now: number): void;
  /** The next bytes to write, or `null`. */
  take(): Bytes | null;
  /** When `timeout` is to be called next, on the clock of `now`; `null` for never. */
  deadline(): number | null;
  timeout(now: number): void;
}
