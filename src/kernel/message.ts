/** One message with its parts, its address and its control data (recvmsg(2), sendmsg(2)), reusable. */
import { MSG_NOSIGNAL } from './constants.ts';
import { errno, libc } from './ffi.ts';
import type { IoVector } from './io-vector.ts';
import { hold, Memory } from './memory.ts';
import type { Sockaddr } from './sockaddr.ts';

/** `struct msghdr`: where its fields lie. musl's padding makes the same layout on a little-endian machine. */
const NAME = 0;
const NAME_LENGTH = 8;
const VECTOR = 16;
const VECTOR_LENGTH = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const SIZE = 56;

export interface MessageParts {
  /** The bytes to send, or the room to receive them in. */
  readonly vector: IoVector;
  /** Where to, or room for where from. */
  readonly name?: Sockaddr | undefined;
  /** Ancillary data (cmsg(3)) to send, or room for it. */
  readonly control?: Memory | undefined;
}

export class Message {
  readonly #header = new Memory(SIZE);
  readonly #parts: MessageParts;

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** Writes the header anew, since a receive leaves its results in it. */
  prepare(receiving: boolean): number {
    const header = this.#header;
    const { vector, name, control } = this.#parts;
    if (receiving) name?.reset();
    header.setUint64(NAME, name?.address ?? 0);
    header.view.setUint32(NAME_LENGTH, name?.length ?? 0, true);
    header.setUint64(VECTOR, vector.address);
    header.setUint64(VECTOR_LENGTH, vector.count);
    header.setUint64(CONTROL, control?.address ?? 0);
    header.setUint64(CONTROL_LENGTH, control?.bytes.length ?? 0);
    header.view.setInt32(FLAGS, 0, true);
    return header.address;
  }

  /** Takes the length of the sender's address over to `name`. */
  finish(): void {
    if (this.#parts.name !== undefined)
      this.#parts.name.length = this.#header.view.getUint32(NAME_LENGTH, true);
  }

  /** After a receive: `MSG_TRUNC`, `MSG_CTRUNC`, `MSG_OOB`, `MSG_ERRQUEUE`. */
  get flags(): number {
    return this.#header.view.getInt32(FLAGS, true);
  }

  /** After a receive: bytes of control data that came. */
  get controlLength(): number {
    return this.#header.view.getUint32(CONTROL_LENGTH, true);
  }
}

/** The count received, 0 at the end of a stream, or `-errno`. */
export function recvmsg(fd: number, message: Message, flags = 0): number {
  const count = libc().recvmsg(fd, message.prepare(true), flags);
  if (count < 0) return -errno();
  message.finish();
  return count;
}

/** The count sent, or `-errno`. */
export function sendmsg(fd: number, message: Message, flags = 0): number {
  hold(message);
  const count = libc().sendmsg(fd, message.prepare(false), flags | MSG_NOSIGNAL);
  return count < 0 ? -errno() : count;
}

/** sendto(2): one datagram to `to`. The count sent, or `-errno`. */
export function sendto(fd: number, bytes: Uint8Array, to: Sockaddr, flags = 0): number {
  hold(to);
  const count = libc().sendto(fd, bytes, bytes.length, flags | MSG_NOSIGNAL, to.address, to.length);
  return count < 0 ? -errno() : count;
}
