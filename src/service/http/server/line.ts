/** A connection, as what runs on it sees it. */
import type { RequestHead } from '../../../protocol/http1/index.ts';
import type { HttpContext } from '../contract.ts';
import type { FileBody } from '../file-body.ts';
import type { Takeover } from '../response.ts';
import type { HttpHost } from './host.ts';
import type { Sender } from './outbox.ts';

export interface Line extends Sender {
  readonly host: HttpHost;
  /** No request is taken behind this one. */
  readonly isLast: boolean;
  /** Whether more should be written now; else `onDrain` comes. */
  readonly hasRoom: boolean;
  contextOf(head: RequestHead): HttpContext;
  /** Scheme and host, of a request that names this host. */
  originOf(host: string | undefined): string;
  /** There is room for more of the request's body. */
  onBodyRoom(): void;
  /** Whether the wire moves files by itself. */
  readonly canSendFiles: boolean;
  /** Sends it behind what was written. */
  sendFile(file: FileBody): void;
  /** The answer is complete. */
  onAnswered(): void;
  /** The answer is a head, behind which the connection is somebody else's. */
  onSwitched(takeover: Takeover): void;
  /** Something was refused, with this status where it could be said. */
  onRefused(status: number, error: Error): void;
  abort(error: Error): void;
}
