/**
 * For the tests of this folder: real descriptors on loopback, closed at the end of a test, and waits with a
 * deadline.
 */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import * as k from './index.ts';

/** Milliseconds. Reached only by a test that fails. */
const DEADLINE = 10_000;

/** The reason to skip every test that makes a system call, or false. */
export const noKernel: string | false = k.kernelAvailable() ? false : 'system calls need Linux and koffi';

/** The reason to skip tests over IPv6, or false. */
export const noIpv6: string | false = noKernel || (hasIpv6() ? false : 'this machine has no IPv6 loopback');

/** The reason to skip tests of link-local addresses, or false. */
export const noLinkLocal: string | false =
  noIpv6 || (linkLocal() === undefined ? 'no interface has a link-local IPv6 address' : false);

export interface TcpPair {
  readonly listener: number;
  readonly client: number;
  readonly server: number;
  readonly address: k.Sockaddr;
}

/** Owns descriptors: `using fds = new Descriptors()`. */
export class Descriptors implements Disposable {
  readonly #open = new Set<number>();

  /** Takes over the result of a call, which must be a descriptor. */
  own(result: number): number {
    this.#open.add(ok(result));
    return result;
  }

  close(fd: number): void {
    this.#open.delete(fd);
    ok(k.close(fd));
  }

  /** A socket that waits in its calls. */
  socket(domain: number, type: number, protocol = 0): number {
    return this.own(k.socket(domain, type, protocol, true));
  }

  pair(type: number, blocking = true): [number, number] {
    const both = k.socketpair(k.AF_UNIX, type, blocking);
    assert.ok(typeof both !== 'number', `socketpair: ${both}`);
    return [this.own(both[0]), this.own(both[1])];
  }

  pipe(blocking = true): k.Pipe {
    const pipe = k.pipe2(blocking);
    assert.ok(typeof pipe !== 'number', `pipe2: ${pipe}`);
    this.own(pipe.read);
    this.own(pipe.write);
    return pipe;
  }

  /** A socket bound to a free port of loopback, and its address. */
  bound(type: number, family: 'ipv4' | 'ipv6' = 'ipv4'): { fd: number; address: k.Sockaddr } {
    const fd = this.socket(family === 'ipv4' ? k.AF_INET : k.AF_INET6, type);
    ok(k.bind(fd, k.Sockaddr.from({ family, host: loopback(family), port: 0 })));
    return { fd, address: nameOf(fd) };
  }

  /** Two connected TCP sockets, which wait in their calls. */
  tcp(family: 'ipv4' | 'ipv6' = 'ipv4'): TcpPair {
    const { fd: listener, address } = this.bound(k.SOCK_STREAM, family);
    ok(k.listen(listener, 8));
    const client = this.socket(family === 'ipv4' ? k.AF_INET : k.AF_INET6, k.SOCK_STREAM);
    ok(k.connect(client, address));
    return { listener, client, server: this.own(k.accept4(listener, null, true)), address };
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open) k.close(fd);
  }
}

/** Asserts that a call succeeded. */
export function ok(result: number): number {
  assert.ok(result >= 0, `failed with ${k.errnoName(result)}`);
  return result;
}

/** Asserts that a call failed, and how. */
export function fails(result: unknown, errno: string): void {
  assert.ok(typeof result === 'number' && result < 0, `expected ${errno}, got ${JSON.stringify(result)}`);
  assert.equal(k.errnoName(result), errno);
}

/** Waits for `events` on `fd` and returns what there is. */
export function ready(fd: number, events: number): number {
  const set = new k.PollSet();
  set.add(fd, events);
  assert.equal(k.poll(set, DEADLINE), 1, 'nothing happened before the deadline');
  return set.revents(0);
}

export function nameOf(fd: number): k.Sockaddr {
  const address = new k.Sockaddr();
  ok(k.getsockname(fd, address));
  return address;
}

export function loopback(family: 'ipv4' | 'ipv6'): string {
  return family === 'ipv4' ? '127.0.0.1' : '::1';
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Receives once, at most `size` bytes, as text. */
export function recvText(fd: number, size = 65536, flags = 0): string {
  const room = new Uint8Array(size);
  return textOf(room.subarray(0, ok(k.recv(fd, room, flags))));
}

/** An interface other than loopback with a link-local IPv6 address, and that address. */
export function linkLocal(): { name: string; host: string } | undefined {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const found = addresses?.find(({ family, address }) => family === 'IPv6' && address.startsWith('fe80:'));
    if (found !== undefined) return { name, host: found.address };
  }
  return undefined;
}

function hasIpv6(): boolean {
  const fd = k.socket(k.AF_INET6, k.SOCK_STREAM);
  if (fd < 0) return false;
  const result = k.bind(fd, k.Sockaddr.from({ family: 'ipv6', host: '::1', port: 0 }));
  k.close(fd);
  return result === 0;
}
