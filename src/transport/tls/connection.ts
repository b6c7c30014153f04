/** The pull level over TLS, and what of the connection beneath shows through. */
import { type Address, inetAddress } from '../../core/address.ts';
import { type ConnectionOptions, type Endpoints, WireConnection } from '../../core/connection.ts';
import type { Abortable, Connection } from '../../core/contract.ts';
import { NetError } from '../../core/error.ts';
import type { TlsConnection, TlsDetails } from './options.ts';
import type { SecureWire } from './secure-wire.ts';

export class SecureConnection extends WireConnection implements TlsConnection {
  readonly #wire: SecureWire;

  constructor(wire: SecureWire, endpoints: Endpoints, options: ConnectionOptions) {
    super(wire, endpoints, options);
    this.#wire = wire;
  }

  get tls(): TlsDetails {
    const { details } = this.#wire;
    if (details !== undefined) return details;
    throw new NetError('busy', `The TLS handshake with ${this.remote} is not over; await connection.secured`);
  }

  get secured(): Promise<void> {
    return this.#wire.secured;
  }

  override close(options?: Abortable): Promise<void> {
    this.#wire.leave();
    return super.close(options);
  }
}

/** Those of the connection beneath, under the name of ours. Read lazily, as they are there. */
export class SecureEndpoints implements Endpoints {
  readonly #under: Connection;
  readonly #scheme: string;
  readonly #asked: Address | undefined;

  /** @param asked where a client wanted to go: by its name, and with its options */
  constructor(under: Connection, scheme: string, asked?: Address) {
    this.#under = under;
    this.#scheme = scheme;
    this.#asked = asked;
  }

  get local(): Address {
    return renamed(this.#under.local, this.#scheme);
  }

  get remote(): Address {
    return renamed(this.#under.remote, this.#scheme);
  }

  /** For errors: what a person knows the peer by, without its options. */
  get name(): string {
    const address = this.#asked ?? this.remote;
    if (address.kind !== 'inet') return String(address);
    return String(inetAddress(address.scheme, address.host, address.port));
  }
}

/** The same endpoint under another scheme; only inet addresses have one that says what lies on top. */
export function renamed(address: Address, scheme: string): Address {
  if (address.kind !== 'inet' || address.scheme === scheme) return address;
  const { host, port, path, options } = address;
  return inetAddress(scheme, host, port, { path, options });
}
