/** Where an accepted socket leads, found out when somebody asks. */
import { type Address, inetAddress, parseAddress, unixAddress } from '../../core/address.ts';
import type { Endpoints } from '../../core/connection.ts';
import { decodeSockaddr, getpeername, getsockname, Sockaddr } from '../../kernel/index.ts';
import { fromSocketAddress, isWildcard } from '../../transport/kernel-address.ts';

export class BlockingEndpoints implements Endpoints {
  readonly #fd: () => number;
  readonly #listening: string;
  readonly #peer: Uint8Array | undefined;
  #remote: Address | undefined;
  #local: Address | undefined;

  /**
   * @param fd the descriptor, or less than 0 when it is closed
   * @param listening where it was accepted
   * @param peer as accept4(2) filled it, if that was kept
   */
  constructor(fd: () => number, listening: string, peer: Uint8Array | undefined) {
    this.#fd = fd;
    this.#listening = listening;
    this.#peer = peer;
  }

  get remote(): Address {
    this.#remote ??= this.#peer === undefined ? this.#ask(getpeername) : this.#decode(this.#peer);
    return this.#remote;
  }

  get local(): Address {
    this.#local ??= this.#findLocal();
    return this.#local;
  }

  /** Of a socket that listens on all addresses, each connection has its own. */
  #findLocal(): Address {
    const listening = parseAddress(this.#listening);
    return isWildcard(listening) ? this.#ask(getsockname) : listening;
  }

  /** What cannot be had any more is unknown: `0.0.0.0:0`, or without a name. */
  #ask(call: (fd: number, into: Sockaddr) => number): Address {
    const name = new Sockaddr();
    const fd = this.#fd();
    if (fd >= 0 && call(fd, name) >= 0) return this.#decode(name.copy());
    return this.#scheme === 'unix' ? unixAddress('') : inetAddress(this.#scheme, '0.0.0.0', 0);
  }

  #decode(name: Uint8Array): Address {
    return fromSocketAddress(this.#scheme, decodeSockaddr(name));
  }

  get #scheme(): string {
    return this.#listening.slice(0, this.#listening.indexOf(':'));
  }
}
