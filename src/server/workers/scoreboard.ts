/**
 * Who serves what, in memory that all workers share: a row of counters a worker, a slot a connection. A worker that dies
 * leaves its slots behind, so that whoever watches over it knows what it held. It does not know what a worker is.
 * Precedent: the scoreboard of Apache.
 */
import { networkOf } from '../../bytes/ip.ts';
import type { Counts } from '../server.ts';

/** Workers at a time with those that still drain after a reload. */
const ROWS = 1024;
const ROW_INTS = 16;
const HEADER_INTS = 16;
const SLOT_INTS = 8;

/** Of the header. */
const TOTAL = 0;
const SEED = 1;

/** Of a row. */
const USED = 0;
const ACCEPTED = 1;
const ACTIVE = 2;
const FINISHED = 3;
const FAILED = 4;
const ABORTED = 5;
const REFUSED = 6;
const STATE = 7;
const PID = 8;
const HELD = 9;

/** Of a slot. */
const OWNER = 0;
const BUCKET = 1;
const FD = 2;
const COOKIE = 4;

export type Outcome = 'finished' | 'failed' | 'aborted';

const OUTCOMES: Readonly<Record<Outcome, number>> = { finished: FINISHED, failed: FAILED, aborted: ABORTED };

const STATES = ['starting', 'ready', 'draining'] as const;
export type WorkerState = (typeof STATES)[number];

export interface ScoreboardSize {
  /** Connections at a time, over all workers. */
  readonly maxConnections: number;
  /** 0: no limit. */
  readonly maxPerAddress: number;
}

/** A connection that its worker left behind. */
export interface Orphan {
  /** Of the thread that died, or -1. */
  readonly fd: number;
  readonly cookie: bigint;
}

export class Scoreboard {
  readonly #size: ScoreboardSize;
  readonly #ints: Int32Array<ArrayBufferLike>;
  readonly #slots: number;
  readonly #firstSlot: number;
  readonly #firstBucket: number;
  readonly #buckets: number;
  /** Where this thread looks for a free slot next. */
  #hint = 0;

  /** Bytes that a scoreboard of this size takes. */
  static bytes(size: ScoreboardSize): number {
    return 4 * (HEADER_INTS + ROWS * ROW_INTS + slotsOf(size) * SLOT_INTS + bucketsOf(size));
  }

  /** @param memory zeroed, `bytes(size)` long, and shared with all that serve */
  constructor(memory: ArrayBufferLike, size: ScoreboardSize) {
    this.#size = size;
    this.#ints = new Int32Array(memory, 0, Scoreboard.bytes(size) / 4);
    this.#slots = slotsOf(size);
    this.#buckets = bucketsOf(size);
    this.#firstSlot = HEADER_INTS + ROWS * ROW_INTS;
    this.#firstBucket = this.#firstSlot + this.#slots * SLOT_INTS;
    // Not to be guessed, so that nobody can fill the bucket of somebody else's address.
    Atomics.compareExchange(this.#ints, SEED, 0, Math.floor(Math.random() * 2 ** 31) | 1);
  }

  /** Gives a worker its row; `null` when there are `ROWS` already. What the row counted before is lost: `counts` first. */
  openRow(worker: number, pid: number): boolean {
    const row = this.#row(worker);
    if (worker < 0 || worker >= ROWS || Atomics.load(this.#ints, row + USED) !== 0) return false;
    this.#ints.fill(0, row, row + ROW_INTS);
    Atomics.store(this.#ints, row + PID, pid);
    Atomics.store(this.#ints, row + USED, 1);
    return true;
  }

  closeRow(worker: number): void {
    Atomics.store(this.#ints, this.#row(worker) + USED, 0);
  }

  setState(worker: number, state: WorkerState): void {
    Atomics.store(this.#ints, this.#row(worker) + STATE, STATES.indexOf(state));
  }

  stateOf(worker: number): WorkerState {
    return STATES[Atomics.load(this.#ints, this.#row(worker) + STATE)] ?? 'ready';
  }

  setPid(worker: number, pid: number): void {
    Atomics.store(this.#ints, this.#row(worker) + PID, pid);
  }

  pidOf(worker: number): number {
    return Atomics.load(this.#ints, this.#row(worker) + PID);
  }

  /** How many connections the worker has accepted and has no place for. */
  setHeld(worker: number, count: number): void {
    Atomics.store(this.#ints, this.#row(worker) + HELD, count);
  }

  heldOf(worker: number): number {
    return Atomics.load(this.#ints, this.#row(worker) + HELD);
  }

  counts(worker: number): Counts {
    const row = this.#row(worker);
    const read = (at: number): number => Atomics.load(this.#ints, row + at);
    return {
      accepted: read(ACCEPTED),
      active: read(ACTIVE),
      finished: read(FINISHED),
      failed: read(FAILED),
      aborted: read(ABORTED),
      refused: read(REFUSED),
    };
  }

  /** Connections at this moment, over all workers. */
  get total(): number {
    return Atomics.load(this.#ints, TOTAL);
  }

  /**
   * Takes a slot for a connection of `worker`, or says why there is none.
   * @param address the peer's, without its port; '' is not limited
   */
  claim(worker: number, address: string): number | 'full' | 'refused' {
    if (Atomics.add(this.#ints, TOTAL, 1) >= this.#size.maxConnections) {
      Atomics.sub(this.#ints, TOTAL, 1);
      return 'full';
    }
    const bucket = this.#enter(address);
    if (bucket < 0) {
      Atomics.sub(this.#ints, TOTAL, 1);
      this.#add(worker, REFUSED, 1);
      return 'refused';
    }
    const slot = this.#takeSlot(worker);
    Atomics.store(this.#ints, slot + BUCKET, bucket);
    Atomics.store(this.#ints, slot + FD, 0);
    this.#add(worker, ACCEPTED, 1);
    this.#add(worker, ACTIVE, 1);
    return slot;
  }

  /** Remembers the socket, for when its thread dies and leaves it open. */
  setSocket(slot: number, fd: number, cookie: bigint): void {
    Atomics.store(this.#ints, slot + COOKIE, Number(BigInt.asIntN(32, cookie)));
    Atomics.store(this.#ints, slot + COOKIE + 1, Number(BigInt.asIntN(32, cookie >> 32n)));
    Atomics.store(this.#ints, slot + FD, fd + 1);
  }

  /** Another worker serves it from now on. */
  handOver(slot: number, from: number, to: number): void {
    this.#add(from, ACCEPTED, -1);
    this.#add(from, ACTIVE, -1);
    this.#add(to, ACCEPTED, 1);
    this.#add(to, ACTIVE, 1);
    Atomics.store(this.#ints, slot + OWNER, to + 1);
  }

  release(worker: number, slot: number, outcome: Outcome): void {
    this.#add(worker, ACTIVE, -1);
    this.#add(worker, OUTCOMES[outcome], 1);
    this.#leave(slot);
  }

  /** Releases all that a dead worker held, as `outcome`. */
  bury(worker: number, outcome: Outcome): Orphan[] {
    const orphans: Orphan[] = [];
    for (let at = 0; at < this.#slots; at++) {
      const slot = this.#firstSlot + at * SLOT_INTS;
      if (Atomics.load(this.#ints, slot + OWNER) !== worker + 1) continue;
      orphans.push({ fd: Atomics.load(this.#ints, slot + FD) - 1, cookie: this.#cookie(slot) });
      this.release(worker, slot, outcome);
    }
    this.#settle(worker, outcome);
    return orphans;
  }

  /** A worker that was killed between two counters leaves them at odds: one connection, of which the slot knows. */
  #settle(worker: number, outcome: Outcome): void {
    const { accepted, finished, failed, aborted } = this.counts(worker);
    this.#add(worker, OUTCOMES[outcome], accepted - finished - failed - aborted);
    Atomics.store(this.#ints, this.#row(worker) + ACTIVE, 0);
  }

  /** The bucket that counts the network of `address`, which now counts one more; 0 for none, -1 when the address has enough. */
  #enter(address: string): number {
    if (this.#buckets === 0 || address === '') return 0;
    const bucket = this.#firstBucket + (hash(networkOf(address), this.#ints[SEED]!) % this.#buckets);
    if (Atomics.add(this.#ints, bucket, 1) < this.#size.maxPerAddress) return bucket;
    Atomics.sub(this.#ints, bucket, 1);
    return -1;
  }

  /** There is one: `claim` let in fewer than there are slots. */
  #takeSlot(worker: number): number {
    for (;;) {
      this.#hint = (this.#hint + 1) % this.#slots;
      const slot = this.#firstSlot + this.#hint * SLOT_INTS;
      if (Atomics.compareExchange(this.#ints, slot + OWNER, 0, worker + 1) === 0) return slot;
    }
  }

  #leave(slot: number): void {
    const bucket = Atomics.load(this.#ints, slot + BUCKET);
    if (bucket > 0) Atomics.sub(this.#ints, bucket, 1);
    Atomics.store(this.#ints, slot + OWNER, 0);
    Atomics.sub(this.#ints, TOTAL, 1);
  }

  #cookie(slot: number): bigint {
    const low = Atomics.load(this.#ints, slot + COOKIE) >>> 0;
    const high = Atomics.load(this.#ints, slot + COOKIE + 1) >>> 0;
    return (BigInt(high) << 32n) | BigInt(low);
  }

  #add(worker: number, counter: number, by: number): void {
    Atomics.add(this.#ints, this.#row(worker) + counter, by);
  }

  #row(worker: number): number {
    return HEADER_INTS + worker * ROW_INTS;
  }
}

/** Twice as many as connections, so that a free one is found at once. */
function slotsOf({ maxConnections }: ScoreboardSize): number {
  return maxConnections * 2;
}

/** Addresses that fall into one bucket share its limit; with so many that is rare. */
function bucketsOf({ maxConnections, maxPerAddress }: ScoreboardSize): number {
  return maxPerAddress === 0 ? 0 : Math.max(65_536, maxConnections * 8);
}

/** FNV-1a (Fowler, Noll, Vo), begun at a seed, with the final mix of MurmurHash3. */
function hash(text: string, seed: number): number {
  let value = 0x811c9dc5 ^ seed;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}
