/**
 * Open descriptors over a Unix socket (SCM_RIGHTS, unix(7)). They travel with one byte or more, never alone.
 */
import { NetError } from '../core/error.ts';
import { MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_RIGHTS, SOL_SOCKET } from './constants.ts';
import { IoVector } from './io-vector.ts';
import { Memory } from './memory.ts';
import { Message, recvmsg, sendmsg } from './message.ts';
import { close } from './socket.ts';

/** SCM_MAX_FD: descriptors in one message (unix(7)). */
export const MAX_PASSED_DESCRIPTORS = 253;

/**
 * `struct cmsghdr` on 64 bits: length, level, type; then data; the next one is aligned to eight bytes
 * (cmsg(3)).
 */
const HEADER = 16;
const LEVEL = 8;
const TYPE = 12;

export interface ReceivedDescriptors {
  /** Of the payload; 0 is the end of the stream. */
  readonly length: number;
  /** Close-on-exec, ours to close. Their other flags are the sender's. */
  readonly descriptors: readonly number[];
}

/**
 * Sends `descriptors` with `payload`, of one byte or more. The receiver gets duplicates; ours stay open.
 * @returns the bytes sent, with the descriptors when there is one, or `-errno`
 * @throws NetError `limit` for more than 253 descriptors, `busy` for an empty payload
 */
export function sendDescriptors(fd: number, descriptors: readonly number[], payload: Uint8Array): number {
  if (descriptors.length === 0 || descriptors.length > MAX_PASSED_DESCRIPTORS) {
    throw new NetError(
      'limit',
      `A message passes 1 to ${MAX_PASSED_DESCRIPTORS} descriptors, not ${descriptors.length}`,
    );
  }
  if (payload.length === 0) throw new NetError('busy', 'Descriptors travel with one byte of payload or more');
  const control = new Memory(space(descriptors.length));
  control.setUint64(0, HEADER + descriptors.length * 4);
  control.view.setInt32(LEVEL, SOL_SOCKET, true);
  control.view.setInt32(TYPE, SCM_RIGHTS, true);
  descriptors.forEach((descriptor, index) => {
    control.view.setInt32(HEADER + index * 4, descriptor, true);
  });
  return sendmsg(fd, new Message({ vector: vectorOf(payload), control }));
}

/**
 * Receives into `payload`, and the descriptors that came with it.
 * @param limit descriptors taken in one message, 1 to 253; 16 by default
 * @returns what came, or `-errno`
 * @throws NetError `limit` when the kernel dropped some, because they are more than `limit` or than this
 * process may open; those that came are closed and the payload is in place
 */
export function recvDescriptors(fd: number, payload: Uint8Array, limit = 16): ReceivedDescriptors | number {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PASSED_DESCRIPTORS) {
    throw new NetError('limit', `A message passes 1 to ${MAX_PASSED_DESCRIPTORS} descriptors, not ${limit}`);
  }
  const control = new Memory(space(limit));
  const message = new Message({ vector: vectorOf(payload), control });
  const length = recvmsg(fd, message, MSG_CMSG_CLOEXEC);
  if (length < 0) return length;
  const descriptors = decodeRights(control.view, message.controlLength);
  // Alignment can leave room for one more than was asked.
  const dropped = (message.flags & MSG_CTRUNC) !== 0;
  if (!dropped && descriptors.length <= limit) return { length, descriptors };
  for (const descriptor of descriptors) close(descriptor);
  const what = `Descriptors were lost: more than ${limit} came, or this process may open no more`;
  throw new NetError('limit', `${what}; those that came are closed`);
}

function decodeRights(view: DataView, end: number): number[] {
  const descriptors: number[] = [];
  let offset = 0;
  while (offset + HEADER <= end) {
    const length = view.getUint32(offset, true);
    if (length < HEADER) break;
    const isRights =
      view.getInt32(offset + LEVEL, true) === SOL_SOCKET && view.getInt32(offset + TYPE, true) === SCM_RIGHTS;
    const stop = Math.min(offset + length, end);
    for (let at = offset + HEADER; isRights && at + 4 <= stop; at += 4)
      descriptors.push(view.getInt32(at, true));
    offset += align(length);
  }
  return descriptors;
}

/** CMSG_SPACE of `count` descriptors. */
function space(count: number): number {
  return align(HEADER + count * 4);
}

function align(length: number): number {
  return (length + 7) & ~7;
}

function vectorOf(bytes: Uint8Array): IoVector {
  const vector = new IoVector(1);
  vector.add(bytes);
  return vector;
}
