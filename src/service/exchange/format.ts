/** How replies and events are written for a client. A format is shared by all clients of a door. */

import type { Command } from './command.ts';
import type { Batch, Outlet, Private } from './event.ts';
import type { Reply, RequestId } from './protocol.ts';

export interface Format {
  /** `null` when there is nothing to write. */
  reply(reply: Reply): string | null;
  private(event: Private): string;
  /**
   * The events of a batch as the member behind `self` sees them. For the same batch it returns the same bytes to
   * all who see the same, so that a batch is encoded once.
   */
  batch(batch: Batch, self: Outlet): Uint8Array;
  /**
   * A line from the client. `null` when it says nothing.
   * @throws Refusal; what `idOf` makes of the line goes with it
   */
  parse(line: Uint8Array): Command | null;
  idOf(line: Uint8Array): RequestId | undefined;
}
