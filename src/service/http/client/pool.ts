/**
 * Connections that are kept and shared: how many there may be, who gets which, and who waits. It does not know how they are
 * made or what is said on them.
 */
import { type Clock, NetError, type Timer } from '../../../core/index.ts';
import type { HttpConnection, HttpConnectionHooks } from './http-connection.ts';
import {
  KEEP_ALIVE,
  KEEP_ALIVE_MARGIN,
  KEEP_ALIVE_MAX,
  MAX_CONNECTIONS,
  MAX_PER_ORIGIN,
  MAX_WAITING,
} from './limits.ts';

export interface PoolOptions {
  /** Default `MAX_PER_ORIGIN`. */
  readonly maxPerOrigin?: number | undefined;
  /** Default `MAX_CONNECTIONS`. */
  readonly maxConnections?: number | undefined;
  /** Default `MAX_WAITING`. */
  readonly maxWaiting?: number | undefined;
  /** Ms without a request; default `KEEP_ALIVE`. 0 keeps none. */
  readonly keepAlive?: number | undefined;
}

export interface PoolStatistics {
  /** Connections that carry a request, are being made, or wait for the next one. */
  readonly active: number;
  readonly connecting: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
  /** Connections made so far. */
  readonly connected: number;
  /** Requests that were given a connection which had served before. */
  readonly reused: number;
}

export interface Wanted {
  /** Connections of the same key are exchangeable. */
  readonly key: string;
  /** Not one that has served before. */
  readonly fresh: boolean;
  readonly signal: AbortSignal;
  /** Makes one. Must reject soon after `signal` fired. */
  dial(): Promise<HttpConnection>;
}

interface Waiter {
  readonly wanted: Wanted;
  resolve(connection: HttpConnection | Promise<HttpConnection>): void;
  reject(reason: unknown): void;
}

interface Bucket {
  readonly key: string;
  /** Open, or being made. */
  size: number;
  /** The last one back is the first to go: those at the bottom grow old and are closed. */
  readonly idle: HttpConnection[];
}

export class Pool implements HttpConnectionHooks {
  readonly #clock: Clock;
  readonly #options: PoolOptions;
  readonly #buckets = new Map<string, Bucket>();
  readonly #bucketOf = new Map<HttpConnection, Bucket>();
  /** All that are idle, the oldest first. */
  readonly #idle = new Map<HttpConnection, Timer>();
  readonly #waiters = new Set<Waiter>();
  #size = 0;
  #connecting = 0;
  #connected = 0;
  #reused = 0;
  #closed = false;
  #onEmpty: (() => void) | undefined;

  constructor(clock: Clock, options: PoolOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  get statistics(): PoolStatistics {
    const idle = this.#idle.size;
    return {
      active: this.#size - idle - this.#connecting,
      connecting: this.#connecting,
      idle,
      waiting: this.#waiters.size,
      connected: this.#connected,
      reused: this.#reused,
    };
  }

  /**
   * A connection on which an exchange can begin at once; it comes back by itself.
   * @throws NetError `limit` when too many wait, `closed` after `close`; what `dial` throws; the reason of the signal
   */
  acquire(wanted: Wanted): Promise<HttpConnection> {
    if (this.#closed) return Promise.reject(closed());
    if (wanted.signal.aborted) return Promise.reject(wanted.signal.reason);
    const kept = wanted.fresh ? undefined : this.#takeIdle(wanted.key);
    if (kept !== undefined) {
      this.#reused++;
      return Promise.resolve(kept);
    }
    if (this.#makeRoom(wanted.key)) return this.#dial(wanted);
    return this.#wait(wanted);
  }

  /** Those who wait still get theirs; nobody else does. Resolves when no connection is left. */
  close(): Promise<void> {
    this.#closed = true;
    for (const connection of [...this.#idle.keys()]) connection.close();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      this.#checkEmpty();
    });
  }

  /** At once. */
  abort(reason: Error): void {
    this.#closed = true;
    for (const waiter of [...this.#waiters]) waiter.reject(reason);
    for (const connection of [...this.#bucketOf.keys()]) connection.abort(reason);
  }

  onIdle(connection: HttpConnection): void {
    const bucket = this.#bucketOf.get(connection)!;
    const waiter = this.#waiterFor((wanted) => wanted.key === bucket.key && !wanted.fresh);
    if (waiter !== undefined) {
      this.#reused++;
      waiter.resolve(connection);
      return;
    }
    const time = this.#keepingTime(connection);
    if (time <= 0 || this.#closed) {
      connection.close();
      return;
    }
    const timer = this.#clock.after(time, () => connection.close(), { background: true });
    bucket.idle.push(connection);
    this.#idle.set(connection, timer);
    this.#serveWaiters();
  }

  onGone(connection: HttpConnection): void {
    const bucket = this.#bucketOf.get(connection);
    if (bucket === undefined) return;
    this.#bucketOf.delete(connection);
    this.#unmarkIdle(bucket, connection);
    this.#shrink(bucket);
  }

  #wait(wanted: Wanted): Promise<HttpConnection> {
    const max = this.#options.maxWaiting ?? MAX_WAITING;
    if (this.#waiters.size >= max) {
      const words = `${max} requests already wait for a connection; read or cancel answers, or raise maxWaiting, maxPerOrigin or maxConnections`;
      return Promise.reject(new NetError('limit', words));
    }
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        wanted.signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => waiter.reject(wanted.signal.reason);
      const waiter: Waiter = {
        wanted,
        resolve: (connection) => {
          leave();
          resolve(connection);
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      };
      this.#waiters.add(waiter);
      wanted.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  async #dial(wanted: Wanted): Promise<HttpConnection> {
    const bucket = this.#bucket(wanted.key);
    bucket.size++;
    this.#size++;
    this.#connecting++;
    try {
      const connection = await wanted.dial();
      this.#connected++;
      this.#bucketOf.set(connection, bucket);
      connection.keep(this);
      return connection;
    } catch (error) {
      this.#shrink(bucket);
      throw error;
    } finally {
      this.#connecting--;
    }
  }

  /** Whether one more may be made with this key; one that is idle gives way, of the same key before others. */
  #makeRoom(key: string): boolean {
    const { maxPerOrigin = MAX_PER_ORIGIN, maxConnections = MAX_CONNECTIONS } = this.#options;
    if (this.#sizeOf(key) >= maxPerOrigin) this.#buckets.get(key)!.idle[0]?.close();
    if (this.#sizeOf(key) >= maxPerOrigin) return false;
    if (this.#size < maxConnections) return true;
    const [oldest] = this.#idle.keys();
    oldest?.close();
    return this.#size < maxConnections && this.#sizeOf(key) < maxPerOrigin;
  }

  /** A place is free: the first who can use it has it. */
  #serveWaiters(): void {
    const { maxConnections = MAX_CONNECTIONS } = this.#options;
    for (const waiter of [...this.#waiters]) {
      if (this.#size >= maxConnections && this.#idle.size === 0) return;
      const { wanted } = waiter;
      // One may have been served by the connection that made room for another.
      if (this.#makeRoom(wanted.key) && this.#waiters.has(waiter)) waiter.resolve(this.#dial(wanted));
    }
  }

  #sizeOf(key: string): number {
    return this.#buckets.get(key)?.size ?? 0;
  }

  #waiterFor(test: (wanted: Wanted) => boolean): Waiter | undefined {
    for (const waiter of this.#waiters) if (test(waiter.wanted)) return waiter;
    return undefined;
  }

  #takeIdle(key: string): HttpConnection | undefined {
    const bucket = this.#buckets.get(key);
    const connection = bucket?.idle.at(-1);
    if (connection !== undefined) this.#unmarkIdle(bucket!, connection);
    return connection;
  }

  #unmarkIdle(bucket: Bucket, connection: HttpConnection): void {
    this.#idle.get(connection)?.cancel();
    if (!this.#idle.delete(connection)) return;
    bucket.idle.splice(bucket.idle.lastIndexOf(connection), 1);
  }

  #keepingTime({ keepAlive: announced }: HttpConnection): number {
    const { keepAlive = KEEP_ALIVE } = this.#options;
    if (announced === undefined || keepAlive === 0) return keepAlive;
    return Math.min(announced - KEEP_ALIVE_MARGIN, KEEP_ALIVE_MAX);
  }

  #shrink(bucket: Bucket): void {
    bucket.size--;
    this.#size--;
    if (bucket.size === 0) this.#buckets.delete(bucket.key);
    this.#serveWaiters();
    this.#checkEmpty();
  }

  #bucket(key: string): Bucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { key, size: 0, idle: [] };
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }

  #checkEmpty(): void {
    if (this.#size > 0 || this.#waiters.size > 0) return;
    this.#onEmpty?.();
    this.#onEmpty = undefined;
  }
}

function closed(): NetError {
  return new NetError('closed', 'the client is closed');
}
