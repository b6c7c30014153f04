/** What could not be delivered, counted over all doors since the start. */
export class Tally {
  /** Events that were dropped for somebody who reads too slowly; each was told how many it missed. */
  dropped = 0;
  /** Clients that were let go because they read too slowly. */
  slow = 0;
}
