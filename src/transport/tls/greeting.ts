/** The first bytes of a peer: of a client its hello, of a server the sign that it speaks TLS at all. */
import type { Bytes } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import { type ClientHello, HelloReader } from './client-hello.ts';
import { beginsLikeTls, foreignProtocol } from './foreign.ts';

/** What is expected of a client. */
export class ClientGreeting {
  readonly #reader = new HelloReader();

  /** @returns `null` while more must arrive. @throws NetError `protocol`, `limit` */
  receive(chunk: Bytes): ClientHello | null {
    return this.#reader.receive(chunk);
  }
}

/** What is expected of a server: its first byte. OpenSSL judges the rest. */
export class ServerGreeting {
  #seen = false;

  /** @throws NetError `protocol` (fault `remote`) when the server speaks something else */
  receive(chunk: Bytes): void {
    if (this.#seen) return;
    this.#seen = true;
    if (beginsLikeTls(chunk)) return;
    const words = foreignProtocol(chunk);
    const known = words === 'unknown yet' ? 'the peer does not speak TLS' : words;
    throw new NetError('protocol', known, { fault: 'remote' });
  }
}
