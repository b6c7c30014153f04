/** The certificate of an `https:` door that was given none: from an authority of the exchange's own, in its data. */
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { type Address, type Clock, NetError, type Timer } from '../../../core/index.ts';
import { expiryOf } from '../../../transport/tls/authority/expiry.ts';
import type { EnsuredCertificate } from '../../../transport/tls/authority/index.ts';
import type { TlsIdentity } from '../../../transport/tls/options.ts';
import { loadIdentity } from '../../../transport/tls/pem.ts';
import { reportTrouble } from '../diagnostics.ts';
import type { House } from '../house.ts';
import { ownAddresses } from '../own-addresses.ts';

/** Beneath the data. */
const DIRECTORY = 'tls';

/** How often, in ms, it is looked at: `ensureCertificate` makes a new one a week before the end. */
const LOOK_EVERY = 24 * 60 * 60_000;

export class OwnCertificate {
  /** By its file, which TLS reads again when it has changed. */
  readonly tls: TlsIdentity;
  /** Where the certificate of the authority lies, which clients must trust. */
  readonly authority: string;
  readonly #clock: Clock;
  readonly #ensure: () => Promise<EnsuredCertificate>;
  #look: Timer | undefined;

  private constructor(
    clock: Clock,
    directory: string,
    ensure: () => Promise<EnsuredCertificate>,
    first: EnsuredCertificate,
  ) {
    this.#clock = clock;
    this.#ensure = ensure;
    this.tls = { cert: first.path };
    // As short as the data was given, for a command to be copied.
    this.authority = join(directory, basename(first.authority.path));
    tellWarning(first);
    this.#schedule();
  }

  /**
   * Makes it, or takes the one of last time, and renews it until `close`.
   * @param data directory of the exchange
   * @throws NetError `unsupported` when there is no directory; as `ensureCertificate`
   */
  static async open(
    { clock, wallTime }: Pick<House, 'clock' | 'wallTime'>,
    data: string | null,
    address: Address,
  ): Promise<OwnCertificate> {
    if (data === null)
      throw new NetError(
        'unsupported',
        `${address} needs a certificate, for which there must be a data directory; or give one with the option tls`,
      );
    // It takes its time to load, and only doors of https need it.
    const { ensureCertificate } = await import('../../../transport/tls/authority/index.ts');
    const names = namesOf(address);
    // The addresses of a machine change, and with them the names that are asked for.
    const options = { permit: names, skipOutside: true, now: wallTime };
    const directory = join(data, DIRECTORY);
    const ensure = (): Promise<EnsuredCertificate> => ensureCertificate(directory, names, options);
    return new OwnCertificate(clock, directory, ensure, await ensure());
  }

  /** It is not renewed any more. */
  close(): void {
    this.#look?.cancel();
    this.#look = undefined;
  }

  #schedule(): void {
    this.#look = this.#clock.after(LOOK_EVERY, () => void this.#renew(), { background: true });
  }

  /** What goes wrong is tried again a day later, seven times before the certificate ends. */
  async #renew(): Promise<void> {
    await this.#ensure().then(tellWarning, reportTrouble);
    if (this.#look !== undefined) this.#schedule();
  }
}

/**
 * Tells of a certificate that clients refuse, or soon will. Whoever gave it renews it.
 * @param now milliseconds since the epoch
 * @throws NetError that names the file when it cannot be read
 */
export function tellExpiry(tls: TlsIdentity, now: number): void {
  const [certificate] = loadIdentity(tls).chain;
  const { validFromDate, validToDate, subject } = certificate!;
  const { state } = expiryOf(validFromDate, validToDate, now);
  if (state === 'fine') return;
  const words = {
    early: `holds from ${day(validFromDate)} on; until then clients refuse it`,
    soon: `ends on ${day(validToDate)}; from then on clients refuse it`,
    expired: `ended on ${day(validToDate)}; clients refuse it`,
  };
  reportTrouble(new Error(`The certificate for ${subject.replaceAll('\n', ', ')} ${words[state]}`));
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function tellWarning({ warning }: EnsuredCertificate): void {
  if (warning !== undefined) reportTrouble(new Error(warning));
}

/** Under what clients may reach it. */
function namesOf(address: Address): string[] {
  const own = ['localhost', '127.0.0.1', '::1'];
  if (address.kind !== 'inet') return own;
  const isAny = address.host === '0.0.0.0' || address.host === '::';
  const more = isAny ? [hostname(), ...ownAddresses()] : [address.host];
  return [...new Set([...own, ...more.map((name) => name.toLowerCase())])];
}
