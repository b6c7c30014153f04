/**
 * The certificates of a server, in whatever form the library wants them: chosen by name, and read anew when their files change.
 * Connections that are open keep what they began with.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { toNetError } from '../../core/error.ts';
import { TICKET_KEYS } from '../../kernel/index.ts';
import { fileMarks, type Material, serverMaterials } from './material.ts';
import { ByName, dnsNames } from './names.ts';
import type { TlsOptions } from './options.ts';

/**
 * Ms between two looks at the files, each with a handshake: no timer runs. Certificates are renewed weeks before their end; what
 * this bounds is how long a person waits to see the new one.
 */
export const RELOAD_CHECK = 5_000;

export interface CredentialsOptions<C> {
  readonly tls: TlsOptions;
  readonly clock: Clock;
  /** @throws NetError for what the library refuses */
  make(material: Material): C;
  /** New files that will not do: what was in use stays in use. */
  onTrouble(error: Error): void;
}

export class Credentials<C> {
  readonly #options: CredentialsOptions<C>;
  #byName: ByName<C>;
  #marks: string;
  #checked: number;

  /** @throws NetError that names the file */
  constructor(options: CredentialsOptions<C>) {
    // Sessions go on when the certificates have changed.
    const ticketKeys = options.tls.ticketKeys ?? randomBytes(TICKET_KEYS);
    this.#options = { ...options, tls: { ...options.tls, ticketKeys } };
    this.#marks = fileMarks(options.tls);
    this.#checked = options.clock.now();
    this.#byName = this.#load();
  }

  /** For the name that a client asks for. */
  find(serverName: string | undefined): C {
    const now = this.#options.clock.now();
    if (now - this.#checked >= RELOAD_CHECK) this.#check(now);
    return this.#byName.find(serverName);
  }

  /** @throws NetError that names the file; what was in use stays in use */
  reload(): void {
    this.#marks = fileMarks(this.#options.tls);
    this.#byName = this.#load();
  }

  #check(now: number): void {
    this.#checked = now;
    // Of files that will not do it is told once: their marks are those of the files then.
    if (fileMarks(this.#options.tls) === this.#marks) return;
    try {
      this.reload();
    } catch (error) {
      this.#options.onTrouble(toNetError(error, 'The certificates changed and cannot be read'));
    }
  }

  #load(): ByName<C> {
    const materials = serverMaterials(this.#options.tls);
    const entries = materials.map((material) => ({
      names: dnsNames(material.identity?.chain[0]?.subjectAltName),
      value: this.#options.make(material),
    }));
    return new ByName(entries);
  }
}
