/**
 * The one door to native code: loads koffi and binds the C library of this process, both on the first call,
 * so that importing `modnet/kernel` works where neither can be had. It knows no system call by meaning.
 */
import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type * as Koffi from 'koffi';
import { NetError } from '../core/error.ts';
import { type Libc, PROTOTYPES } from './libc.ts';

/**
 * Struct layouts in this folder are those of 64-bit little-endian Linux. Of the two, epoll_event alone
 * differs.
 */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** A file descriptor on Node's own event loop. */
export interface NodePoll {
  /** Until `start`; neither changes `ref`. */
  stop(): void;
  start(): void;
  ref(): void;
  unref(): void;
  close(): void;
}

let koffi: typeof Koffi | undefined;
let bound: Libc | undefined;

/** Whether system calls can be made here: Linux on x64 or arm64, with koffi installed. Never throws. */
export function kernelAvailable(): boolean {
  try {
    libc();
    return true;
  } catch {
    return false;
  }
}

/**
 * The C library of this process.
 * @throws NetError `unsupported` where it cannot be called.
 */
export function libc(): Libc {
  return bound ?? bind();
}

/** What the last call into the C library left in errno(3); valid until the next one. */
export function errno(): number {
  return koffi!.errno();
}

/**
 * Where the bytes lie. Valid while `memory` is referenced and its buffer is not transferred. User-space
 * addresses end below 2^48, so a number holds them.
 */
export function addressOf(memory: ArrayBufferLike | ArrayBufferView): number {
  libc();
  return Number(koffi!.address(memory));
}

/** The memory at `address`, which is mapped and stays so for as long as the buffer is used. */
export function viewAt(address: bigint, length: number): ArrayBuffer {
  libc();
  return koffi!.view(address, length);
}

/** A function of C, bound. */
export type NativeFunction = (...args: unknown[]) => unknown;

/**
 * Functions of what is loaded into this process beside the C library, by the declarations given.
 * @throws an error that names the first which is missing
 */
export function bindFunctions(prototypes: Readonly<Record<string, string>>): Record<string, NativeFunction> {
  libc();
  const library = koffi!.load(null);
  const entries = Object.entries(prototypes).map(([name, prototype]) => [
    name,
    library.func(prototype) as NativeFunction,
  ]);
  return Object.fromEntries(entries);
}

/**
 * The address of a function of C that calls `call`, for as long as the thread lives. It may be called only from within a call
 * into native code that this thread makes. What `call` throws reaches C as 0. koffi has 8,192 of them for the whole process, and
 * does not take back those of a thread that is terminated.
 * @param prototype with a name of its own in this thread: `int modnet_name(uintptr_t, int)`
 */
export function callbackAddress(prototype: string, call: (...args: number[]) => number | undefined): number {
  libc();
  const pointer = koffi!.register(call, koffi!.pointer(koffi!.proto(prototype)));
  if (!isMainThread) process.once('exit', () => koffi!.unregister(pointer));
  return Number(pointer);
}

/**
 * Calls back from Node's event loop whenever `fd` is readable. Keep the handle referenced, it is collected
 * otherwise; close it before the descriptor.
 */
export function watchOnNode(fd: number, onReadable: () => void): NodePoll {
  libc();
  const handle = koffi!.node.poll(fd, { readable: true }, onReadable);
  return {
    stop: () => handle.stop(),
    start: () => handle.start({ readable: true }, onReadable),
    ref: () => handle.ref(),
    unref: () => handle.unref(),
    close: () => handle.close(),
  };
}

function bind(): Libc {
  const where = `${process.platform} ${process.arch}`;
  if (process.platform !== 'linux' || !ARCHITECTURES.includes(process.arch)) {
    throw unsupported(`need Linux on ${ARCHITECTURES.join(' or ')}, this is ${where}`);
  }
  const loaded = loadKoffi();
  bound = bindAll(loaded);
  koffi = loaded;
  return bound;
}

function loadKoffi(): typeof Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as typeof Koffi;
  } catch (cause) {
    throw unsupported('need the package koffi, which did not load', cause);
  }
}

function bindAll(loaded: typeof Koffi): Libc {
  try {
    const library = loaded.load(null);
    const entries = Object.entries(PROTOTYPES).map(([name, prototype]) => [name, library.func(prototype)]);
    return Object.fromEntries(entries) as Libc;
  } catch (cause) {
    throw unsupported('need a C library with the functions of glibc or musl', cause);
  }
}

function unsupported(reason: string, cause?: unknown): NetError {
  return new NetError('unsupported', `System calls ${reason}; use the node driver (MODNET_DRIVER=node)`, {
    cause,
  });
}
