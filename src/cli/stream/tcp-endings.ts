/**
 * What TCP_INFO says of connections when they end, for tools that leave the bytes to others. It does not know whose the
 * connections are, nor how they ended.
 */
import {
  type Connection,
  type ConnectionOpened,
  connectionOpened,
  type Wire,
  type WireClosing,
  wireClosing,
} from '../../core/index.ts';
import { type TcpSummary, tcpSummary } from './tcp-summary.ts';

export class TcpEndings {
  readonly #wires = new WeakMap<Connection, Wire>();
  readonly #summaries = new WeakMap<Wire, TcpSummary>();

  /** Of every connection that this thread opens from now on. */
  constructor() {
    connectionOpened.subscribe((event) => {
      const { connection, wire } = event as ConnectionOpened;
      this.#wires.set(connection, wire);
    });
    wireClosing.subscribe((event) => {
      const { wire, fd } = event as WireClosing;
      const summary = tcpSummary(fd);
      if (summary !== undefined) this.#summaries.set(wire, summary);
    });
  }

  /** `undefined` while it is open, and of what is not TCP on the kernel driver. */
  of(connection: Connection): TcpSummary | undefined {
    const wire = this.#wires.get(connection);
    return wire === undefined ? undefined : this.#summaries.get(wire);
  }
}
