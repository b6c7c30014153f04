/** What servers gave clients to go on with (tickets), so that the next handshake is short. It knows nothing of what is in them. */
import type { Bytes } from '../../core/contract.ts';

/** Sessions kept by one set of options. Precedent: `maxCachedSessions` of Node's https.Agent. */
export const MAX_SESSIONS = 100;

export class Sessions {
  readonly #byPeer = new Map<string, Bytes>();

  /** Takes it out: a ticket of TLS 1.3 should serve once, or whoever watches could link connections (RFC 8446 appendix C.4). */
  take(peer: string): Bytes | undefined {
    const session = this.#byPeer.get(peer);
    this.#byPeer.delete(peer);
    return session;
  }

  /** The latest of each peer; when there are too many, the oldest goes. */
  put(peer: string, session: Bytes): void {
    this.#byPeer.delete(peer);
    this.#byPeer.set(peer, session);
    if (this.#byPeer.size <= MAX_SESSIONS) return;
    for (const oldest of this.#byPeer.keys()) {
      this.#byPeer.delete(oldest);
      return;
    }
  }
}
