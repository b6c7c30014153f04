/** What a worker tells its server, as promises and events. It does not know what kind of worker it is. */
import { NetError } from '../../core/index.ts';
import type { Site } from '../crew.ts';
import type { Report, ToServer } from './brief.ts';
import { unpackError } from './packed-error.ts';

export class Inbox {
  readonly ready: Promise<void>;
  /** It accepts no more, or is gone. */
  readonly stopped: Promise<void>;
  /** Of its loop; -1 until it told. */
  poller = -1;
  readonly #site: Pick<Site, 'publish'>;
  readonly #worker: number;
  readonly #ready = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<void>();

  constructor(site: Pick<Site, 'publish'>, worker: number) {
    this.#site = site;
    this.#worker = worker;
    this.ready = this.#ready.promise;
    this.stopped = this.#stopped.promise;
    // Not everybody waits for it.
    this.ready.catch(() => {});
  }

  /** Passes over what is none of ours: handlers may talk on the same line. */
  receive(message: unknown): void {
    const told = message as ToServer | null;
    if (typeof told !== 'object' || told === null) return;
    if (told.modnet === 'loop') this.poller = told.poller;
    else if (told.modnet === 'ready') this.#ready.resolve();
    else if (told.modnet === 'stopped') this.#stopped.resolve();
    else if (told.modnet === 'unable') this.#ready.reject(unpackError(told.error));
    else if (told.modnet === 'failure' || told.modnet === 'trouble') this.#report(told);
  }

  /** @param how it ended, in words */
  close(how: string): void {
    this.#ready.reject(new NetError('broken', `Worker ${this.#worker} ended before it was ready: ${how}`));
    this.#stopped.resolve();
  }

  #report({ modnet, error: packed }: Report): void {
    const error = unpackError(packed);
    this.#site.publish({ event: modnet, worker: this.#worker, message: error.message, error });
  }
}
