/** An accepted socket as a few integers, on its way to the thread that serves it. */

/** Of sockaddr_in6, the longest that is taken along; who wants to know the name of a Unix peer asks the system. */
const MAX_PEER = 28;

const FD = 0;
const SLOT = 1;
/** As a 64-bit integer. */
const TIME = 2;
const PEER_LENGTH = 4;
const PEER = 5;

/** The row of the scoreboard for connections that no worker has yet: the server's own. */
export const ACCEPTOR = 0;

export const RECORD_INTS = PEER + MAX_PEER / 4;
export const RECORD_BYTES = RECORD_INTS * 4;

export interface Accepted {
  readonly fd: number;
  /** Of the scoreboard. */
  readonly slot: number;
  /** Of `process.hrtime`, which is the same clock in all threads. */
  readonly at: bigint;
  /** As accept4(2) filled it; `undefined` when it was too long. */
  readonly peer: Uint8Array | undefined;
}

export function packAccepted({ fd, slot, at, peer }: Accepted): Int32Array<ArrayBuffer> {
  const record = new Int32Array(RECORD_INTS);
  record[FD] = fd;
  record[SLOT] = slot;
  record[TIME] = Number(BigInt.asIntN(32, at));
  record[TIME + 1] = Number(BigInt.asIntN(32, at >> 32n));
  if (peer === undefined || peer.length > MAX_PEER) return record;
  record[PEER_LENGTH] = peer.length;
  new Uint8Array(record.buffer).set(peer, PEER * 4);
  return record;
}

export function unpackAccepted(record: Int32Array<ArrayBuffer>): Accepted {
  const low = BigInt(record[TIME]! >>> 0);
  const at = (BigInt(record[TIME + 1]!) << 32n) | low;
  const length = record[PEER_LENGTH]!;
  const peer = length === 0 ? undefined : new Uint8Array(record.buffer).slice(PEER * 4, PEER * 4 + length);
  return { fd: record[FD]!, slot: record[SLOT]!, at, peer };
}
