/** What happens to one request, for whoever wants to see it while it happens. */
import type { Address } from '../../../core/index.ts';
import type { ResponseHead } from '../../../protocol/http1/index.ts';
import type { TlsDetails } from '../../../transport/tls/options.ts';

/** The request has a connection. Through a proxy, `remote` is the proxy. */
export interface ConnectionEvent {
  readonly type: 'connection';
  readonly local: Address;
  readonly remote: Address;
  /** Whether it served before. */
  readonly reused: boolean;
  readonly tls: TlsDetails | undefined;
}

/** The head that is sent, as it is sent; it may hold credentials. */
export interface RequestEvent {
  readonly type: 'request';
  readonly url: string;
  readonly head: string;
}

/** A head that came, an interim one (1xx) included. */
export interface ResponseEvent {
  readonly type: 'response';
  readonly url: string;
  readonly head: ResponseHead;
}

/** The connection was dead; the request is sent once more. */
export interface RepeatEvent {
  readonly type: 'repeat';
  readonly error: unknown;
}

export type TraceEvent = ConnectionEvent | RequestEvent | ResponseEvent | RepeatEvent;
