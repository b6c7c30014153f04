/** `unix:///path` and `unix:@name`: streams between processes of one machine (unix(7)). */
import { lstatSync, unlinkSync } from 'node:fs';
import { type Acceptor, AcceptQueue } from '../../core/accept-queue.ts';
import type { Address, UnixAddress } from '../../core/address.ts';
import { WireConnection } from '../../core/connection.ts';
import type { HalfCloseable, Listener } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { close } from '../../kernel/index.ts';
import { defaultEngine } from '../../loop/index.ts';
import type { ListeningSocket } from '../listening-socket.ts';
import {
  addressOf,
  CONNECT_TIMEOUT,
  chooseDriver,
  clockOf,
  connectionOptions,
  type StreamTransport,
  socketOptions,
  type TransportOptions,
} from '../options.ts';
import type { ListenEvents, Opened } from '../stream-driver.ts';
import type { UnixDriver } from './driver.ts';
import { KernelUnix, openListener } from './kernel-driver.ts';
import { nodeUnix } from './node-driver.ts';

export const unix: StreamTransport = {
  scheme: 'unix',
  connect,
  listen,
  descriptors: { open: openListening, adopt },
};

/** Milliseconds that a path which exists may take to say whether somebody listens there. */
const PROBE_TIMEOUT = 1_000;

async function connect(address: Address | string, options: TransportOptions = {}): Promise<HalfCloseable> {
  options.signal?.throwIfAborted();
  const remote = unixAddressOf(address);
  const timeout = options.connectTimeout ?? CONNECT_TIMEOUT;
  const { wire, endpoints } = await open(remote, options, timeout);
  return new WireConnection(wire, endpoints, connectionOptions(options));
}

async function listen(
  address: Address | string,
  options: TransportOptions = {},
): Promise<Listener<HalfCloseable>> {
  options.signal?.throwIfAborted();
  const asked = unixAddressOf(address);
  const socket = socketOptions(asked, options);
  const settings = connectionOptions(options);
  const driver = driverOf(options);
  let queue: AcceptQueue<HalfCloseable> | undefined;
  const events: ListenEvents = {
    onAccept: ({ wire, endpoints }) => queue?.offer(new WireConnection(wire, endpoints, settings)),
    onTrouble: (error) => queue?.trouble(error),
    onClose: (error) => queue?.finish(error),
  };
  const acceptor = await bindOrReplace(asked, options, () => driver.listen(asked, socket, events));
  queue = new AcceptQueue(asked, asked.abstract ? acceptor : removingPath(acceptor, asked.path));
  return queue;
}

async function openListening(address: Address, options: TransportOptions): Promise<ListeningSocket> {
  const asked = unixAddressOf(address);
  const socket = socketOptions(asked, options);
  const fd = await bindOrReplace(asked, options, async () => openListener(asked, socket));
  const remove = asked.abstract ? () => {} : pathRemover(asked.path);
  const closing = (): void => {
    close(fd);
    remove();
  };
  return { fd, address: asked, close: closing };
}

function adopt(fd: number, peer: Uint8Array, listening: Address, options: TransportOptions): HalfCloseable {
  const driver = new KernelUnix(options.engine ?? defaultEngine());
  const { wire, endpoints } = driver.adopt(fd, peer, unixAddressOf(listening));
  return new WireConnection(wire, endpoints, connectionOptions(options));
}

/** A path outlives the server that bound it: when nobody answers there any more it is removed and bound anew. */
async function bindOrReplace<T>(
  asked: UnixAddress,
  options: TransportOptions,
  bind: () => Promise<T>,
): Promise<T> {
  try {
    return await bind();
  } catch (error) {
    if (asked.abstract || (error as NetError).errno !== 'EADDRINUSE') throw error;
    if (!(await isStale(asked, options))) throw error;
    unlinkSync(asked.path);
    return await bind();
  }
}

/** Only a refusal proves that nobody listens. A file that is no socket is never removed. */
async function isStale(asked: UnixAddress, options: TransportOptions): Promise<boolean> {
  if (lstatSync(asked.path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw new NetError(
      'refused',
      `Cannot listen on ${asked}: the path exists and is no socket; remove it or choose another path`,
      { errno: 'EADDRINUSE' },
    );
  }
  try {
    const { wire } = await open(asked, options, PROBE_TIMEOUT);
    wire.abort();
    return false;
  } catch (error) {
    return (error as NetError).errno === 'ECONNREFUSED';
  }
}

async function open(remote: UnixAddress, options: TransportOptions, timeout: number): Promise<Opened> {
  const stop = new AbortController();
  const late = new NetError('timeout', `Cannot connect to ${remote}: timed out after ${timeout} ms`, {
    errno: 'ETIMEDOUT',
  });
  const timer = clockOf(options).after(timeout, () => stop.abort(late));
  const onAbort = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await driverOf(options).connect(remote, socketOptions(remote, options), stop.signal);
  } finally {
    timer.cancel();
    options.signal?.removeEventListener('abort', onAbort);
  }
}

function removingPath(acceptor: Acceptor, path: string): Acceptor {
  const remove = pathRemover(path);
  return {
    pause: () => acceptor.pause(),
    resume: () => acceptor.resume(),
    close() {
      acceptor.close();
      remove();
    },
  };
}

/** Removes the path that was bound just now, unless another server has bound it since. */
function pathRemover(path: string): () => void {
  const inode = inodeOf(path);
  return () => {
    if (inode === undefined || inodeOf(path) !== inode) return;
    try {
      unlinkSync(path);
    } catch {
      // It is gone, or the folder is no longer ours to change: there is nobody to tell and nothing to do.
    }
  };
}

function inodeOf(path: string): number | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.ino;
}

function driverOf(options: TransportOptions): UnixDriver {
  if (chooseDriver(options) === 'node') return nodeUnix;
  return new KernelUnix(options.engine ?? defaultEngine());
}

function unixAddressOf(address: Address | string): UnixAddress {
  return addressOf(address, 'unix', 'unix', 'unix:///run/app.sock');
}
