/**
 * Where a primitive lives: a piece of shared memory of known kind, made in one thread and found again in others. It
 * knows no primitive.
 *
 * The first word tells the kind, so that a handle of another kind, or memory that nobody prepared, is refused.
 */
import { NetError } from '../core/error.ts';

/** What `postMessage` or `workerData` carries to another thread, where `from` makes the primitive of it. */
export interface SharedHandle<Kind extends string = string> {
  readonly kind: Kind;
  readonly buffer: SharedArrayBuffer;
  /** Where in the buffer, in bytes. */
  readonly offset: number;
}

/** Where to make a primitive; without it, in a buffer of its own. */
export interface Placement {
  /** Memory that several may live in. The piece must be zero: memory that something uses is refused (`busy`). */
  readonly buffer?: SharedArrayBuffer | undefined;
  /** In bytes; default 0. A multiple of 4, of 64 to share no cache line with others. */
  readonly offset?: number | undefined;
}

/**
 * Bytes that each primitive but the queue takes. It is the cache line of x86-64 and most arm64 machines, so that those
 * that lie side by side do not slow each other down.
 */
export const CACHE_LINE = 64;

/** Bytes of a word; every offset is a multiple of it (Atomics work on aligned words). */
const WORD = 4;

const TAGS: Readonly<Record<string, number>> = {
  mutex: 0x6d757401,
  semaphore: 0x73656d02,
  condition: 0x636f6e03,
  'read-write-lock': 0x72776c04,
  barrier: 0x62617205,
  once: 0x6f6e6306,
  queue: 0x71756507,
};

/**
 * The words of a primitive: found by its handle, or prepared where `from` says.
 * @param bytes how many it takes
 * @throws NetError `unsupported` for memory that is not shared, is misaligned or holds something else than the handle
 * says, `limit` when it is too small, `busy` when a new one is to be made where the memory is not zero
 */
export function place(kind: string, bytes: number, from: Placement | SharedHandle): Int32Array {
  return isHandle(from) ? attach(kind, from, bytes) : claim(kind, bytes, from);
}

export function isHandle(from: Placement | SharedHandle): from is SharedHandle {
  return 'kind' in from;
}

function claim(kind: string, bytes: number, { buffer, offset = 0 }: Placement): Int32Array {
  const words = view(kind, buffer ?? new SharedArrayBuffer(offset + bytes), offset, bytes);
  if (words.some((word) => word !== 0)) {
    const what = `Cannot make a ${kind} at offset ${offset}: the memory is in use (not zero)`;
    throw new NetError('busy', `${what}; find what is there with from(handle), or choose another offset`);
  }
  Atomics.store(words, 0, TAGS[kind]!);
  return words;
}

function attach(kind: string, handle: SharedHandle, bytes: number): Int32Array {
  if (handle.kind !== kind) {
    throw new NetError('unsupported', `The handle is of a ${handle.kind}, not of a ${kind}`);
  }
  const words = view(kind, handle.buffer, handle.offset, bytes);
  if (Atomics.load(words, 0) !== TAGS[kind]) {
    const what = `No ${kind} is at offset ${handle.offset} of the buffer`;
    throw new NetError('unsupported', `${what}; pass the handle of the one that was made`);
  }
  return words;
}

/** The handle of what lives in these words. */
export function handleOf<Kind extends string>(kind: Kind, words: Int32Array): SharedHandle<Kind> {
  return { kind, buffer: words.buffer as SharedArrayBuffer, offset: words.byteOffset };
}

/** @throws NetError `limit` unless it is a whole number from `min` to `max` */
export function checkCount(what: string, count: number, min: number, max: number): void {
  if (Number.isInteger(count) && count >= min && count <= max) return;
  throw new NetError('limit', `${what} is ${count}; it takes a whole number from ${min} to ${max}`);
}

function view(kind: string, buffer: unknown, offset: number, bytes: number): Int32Array {
  const what = `A ${kind} cannot live at offset ${offset}`;
  if (!(buffer instanceof SharedArrayBuffer)) {
    throw new NetError('unsupported', `${what}: the buffer is not shared; give a SharedArrayBuffer`);
  }
  if (!Number.isInteger(offset) || offset < 0 || offset % WORD !== 0) {
    throw new NetError('unsupported', `${what}: offsets are multiples of ${WORD}, best of ${CACHE_LINE}`);
  }
  if (offset + bytes > buffer.byteLength) {
    throw new NetError('limit', `${what}: it takes ${bytes} bytes and the buffer has ${buffer.byteLength}`);
  }
  return new Int32Array(buffer, offset, bytes / WORD);
}
