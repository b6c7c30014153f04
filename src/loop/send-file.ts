/** A part of a file to a socket, as far as it goes in one call. It knows no queue and no turn. */
import { readSync } from 'node:fs';
import type { Address } from '../core/address.ts';
import type { FileRange } from '../core/contract.ts';
import { NetError } from '../core/error.ts';
import { EINVAL, send, sendfile } from '../kernel/index.ts';

/** In place of an `-errno`: the file is shorter than it was said to be. */
export const FILE_ENDED = -(1 << 20);

/** Files that may wait on one wire: each holds a descriptor. Precedent: the usual limit of descriptors, `ulimit -n`. */
export const MAX_FILES = 1024;

/** Bytes that are copied at a time where the kernel cannot move them by itself. */
const COPY = 64 * 1024;

/**
 * sendfile(2), or read and send where the file system has no way to be sent from (sendfile(2), NOTES: EINVAL).
 * @param done bytes of the range that have left
 * @param most bytes that may leave now
 * @returns how many left, `FILE_ENDED`, or `-errno`
 */
export function sendFile(to: number, file: FileRange, done: number, most: number): number {
  const length = Math.min(file.length - done, most);
  const sent = sendfile(to, file.fd, file.offset + done, length);
  if (sent === 0) return FILE_ENDED;
  return sent === -EINVAL ? copy(to, file, done, length) : sent;
}

function copy(to: number, file: FileRange, done: number, length: number): number {
  const bytes = Buffer.allocUnsafe(Math.min(length, COPY));
  try {
    const count = readSync(file.fd, bytes, 0, bytes.length, file.offset + done);
    return count === 0 ? FILE_ENDED : send(to, bytes.subarray(0, count));
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).errno ?? -EINVAL;
  }
}

export function fileEndedError(remote: Address): NetError {
  return new NetError('broken', `Cannot send to ${remote}: a file became shorter while it was sent`);
}

export function tooManyFilesError(remote: Address): NetError {
  return new NetError(
    'limit',
    `Cannot send to ${remote}: ${MAX_FILES} files wait and more were pushed; wait for onDrain`,
  );
}
