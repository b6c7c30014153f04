/** A connection, or a stream of one, as what runs on it sees it. */
import type { RequestHead } from '../../../protocol/http1/index.ts';
import type { HttpContext } from '../contract.ts';
import type { FileBody } from '../file-body.ts';
import type { RequestLine } from '../request.ts';
import type { Takeover } from '../response.ts';
import type { Answer, Answerer } from './answer.ts';
import type { HttpHost } from './host.ts';
import type { Sender } from './outbox.ts';

/** The head of a request, of whatever version. */
export interface ExchangeHead
  extends RequestLine,
    Pick<RequestHead, 'host' | 'keepAlive' | 'expectsContinue' | 'upgrade' | 'bodyLength'> {
  /** `1.1` and the like. */
  readonly version: string;
}

/** An answer, as the exchange sees it whose it is. */
export type Reply = Pick<Answer, keyof Answer>;

export interface Line extends Sender {
  readonly host: HttpHost;
  /** No request is taken behind this one. */
  readonly isLast: boolean;
  /** Whether more should be written now; else `onDrain` comes. */
  readonly hasRoom: boolean;
  contextOf(head: ExchangeHead): HttpContext;
  /** Scheme and host, of a request that names this host. */
  originOf(host: string | undefined): string;
  /** The answer to a request of this line, of which nothing has been written. */
  answerTo(owner: Answerer): Reply;
  /**
   * Writes a head that precedes the answer; `false` where the client would not understand.
   * @param status 100 to 199, but not 101
   * @param fields names in lower case and values in turns, which can be sent as they are
   */
  inform(status: number, fields: readonly string[]): boolean;
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
