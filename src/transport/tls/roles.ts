/** What clients and servers do differently on a wire of OpenSSL. */

import type { NetError } from '../../core/error.ts';
import { type OpensslContext, OpensslEngine } from '../../kernel/index.ts';
import type { ClientHello } from './client-hello.ts';
import { type Failure, tlsError } from './failure.ts';
import { opensslDetails } from './openssl.ts';
import type { TlsDetails } from './options.ts';
import type { Sessions } from './sessions.ts';
import type { WireRole } from './wire.ts';

/** What a context was made from, as far as errors and details tell of it. */
export interface Terms {
  readonly alpn: readonly string[];
  /** Whether the peer's certificate is looked at. */
  readonly verifies: boolean;
}

export interface ClientTerms extends Terms {
  readonly context: OpensslContext;
  readonly serverName: string;
  /** `undefined`: none is kept. */
  readonly sessions: Sessions | undefined;
}

export class ClientRole implements WireRole {
  readonly isServer = false;
  readonly #peer: string;
  readonly #terms: ClientTerms;

  /** @param peer the address, for errors */
  constructor(peer: string, terms: ClientTerms) {
    this.#peer = peer;
    this.#terms = terms;
  }

  open(): OpensslEngine {
    const { context, serverName, verifies, sessions } = this.#terms;
    const session = sessions?.take(this.#sessionName);
    return new OpensslEngine(context, { serverName, checksName: verifies, session });
  }

  details(engine: OpensslEngine): TlsDetails {
    return opensslDetails(engine, this.#terms.serverName, true);
  }

  error(failure: Failure, isSecured: boolean): NetError {
    const { serverName, alpn } = this.#terms;
    return tlsError(failure, { what: what(this.#peer, isSecured), isServer: false, serverName, alpn });
  }

  keepSession(engine: OpensslEngine): void {
    const session = this.#terms.sessions === undefined ? undefined : engine.session();
    if (session !== undefined) this.#terms.sessions?.put(this.#sessionName, session);
  }

  /** A session says that the peer was verified, so it is good for the same name at the same address only. */
  get #sessionName(): string {
    return `${this.#terms.serverName} ${this.#peer}`;
  }
}

export interface ServerTerms extends Terms {
  /** For the name that the client asks for. */
  contextFor(serverName: string | undefined): OpensslContext;
}

export class ServerRole implements WireRole {
  readonly isServer = true;
  readonly #peer: () => string;
  readonly #terms: ServerTerms;
  #serverName: string | undefined;

  constructor(peer: () => string, terms: ServerTerms) {
    this.#peer = peer;
    this.#terms = terms;
  }

  open(hello: ClientHello): OpensslEngine {
    this.#serverName = hello.serverName;
    return new OpensslEngine(this.#terms.contextFor(hello.serverName));
  }

  details(engine: OpensslEngine): TlsDetails {
    return opensslDetails(engine, this.#serverName, this.#terms.verifies);
  }

  error(failure: Failure, isSecured: boolean): NetError {
    const { alpn } = this.#terms;
    return tlsError(failure, { what: what(this.#peer(), isSecured), isServer: true, alpn });
  }
}

function what(peer: string, isSecured: boolean): string {
  return isSecured ? `The TLS connection with ${peer} was lost` : `The TLS handshake with ${peer} failed`;
}
