/** How long a certificate still holds, and when it is time for the next one. */

export const DAY = 86_400_000;

/** A certificate is replaced so long before it ends, in ms, or when a third of its life is left, if that is later. */
export const RENEW_BEFORE = 7 * DAY;

export interface Expiry {
  readonly state: 'fine' | 'soon' | 'expired' | 'early';
  /** Whole days that are left; negative afterwards. */
  readonly daysLeft: number;
}

/** `soon` is the time in which `ensureCertificate` replaces it; `early` is before it begins to hold. */
export function expiryOf(notBefore: Date, notAfter: Date, now: number): Expiry {
  const left = notAfter.getTime() - now;
  const daysLeft = Math.floor(left / DAY);
  if (left <= 0) return { state: 'expired', daysLeft };
  if (notBefore.getTime() > now) return { state: 'early', daysLeft };
  const life = notAfter.getTime() - notBefore.getTime();
  return { state: left < Math.min(RENEW_BEFORE, life / 3) ? 'soon' : 'fine', daysLeft };
}
