/** What the threads of the experiment are asked and what they answer. Descriptors are of blocking sockets, and stay the asker's. */

export type Task = Pour | Drain | Ask | Answer;

/** Writes `size` bytes at a time until `stop` is set, or `limit` bytes are written; then ends its half. */
export interface Pour {
  readonly do: 'pour';
  readonly fd: number;
  readonly size: number;
  readonly limit: number;
  /** One 32-bit word, shared by both threads: not 0 is stop. */
  readonly stop: Int32Array;
}

/**
 * Reads `size` bytes at a time for `seconds` and measures them; then sets `stop` and reads what is left, in large pieces,
 * until the end.
 */
export interface Drain {
  readonly do: 'drain';
  readonly fd: number;
  readonly size: number;
  readonly seconds: number;
  readonly stop: Int32Array;
}

/** How a request of two parts leaves. */
export type Sending = 'two writes' | 'cork' | 'writev';

/** Sends requests one after another and waits for the answer to each. */
export interface Ask {
  readonly do: 'ask';
  readonly fd: number;
  readonly requests: number;
  readonly sending: Sending;
}

/** Answers every request with as many bytes, until the end. */
export interface Answer {
  readonly do: 'answer';
  readonly fd: number;
  /** TCP_QUICKACK: left alone, set once at the beginning, or set again before every read. */
  readonly quickAck: 'default' | 'once' | 'always';
}

export interface Done {
  /** That went through in all. */
  readonly bytes: number;
  /** In the measured part: bytes, system calls and seconds. */
  readonly measured: { readonly bytes: number; readonly calls: number; readonly seconds: number };
  /** Of `ask`: seconds of each request. */
  readonly latencies: readonly number[];
}

/** Bytes of each of the two parts of a request. */
export const PART = 16;
